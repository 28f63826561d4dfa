//! End to end: servers, clients and channels over real sockets.
