// gorilla/websocket: a goroutine that reads and one that writes for each connection, as in its own chat example.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

type payload struct {
	Room string `json:"room"`
	ID   uint64 `json:"id"`
	User string `json:"user"`
	Text string `json:"text"`
	Ts   uint64 `json:"ts"`
}

type message struct {
	Event string  `json:"event"`
	Data  payload `json:"data"`
}

// outgoing is either a text for one client or a message that is framed once for all.
type outgoing struct {
	text     []byte
	prepared *websocket.PreparedMessage
}

type client struct {
	socket *websocket.Conn
	queue  chan outgoing
}

var (
	upgrader = websocket.Upgrader{}
	mutex    sync.Mutex
	clients  = map[*client]bool{}
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "the address to listen on")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	http.HandleFunc("/ws", serve)
	log.Fatal(http.Serve(listener, nil))
}

func serve(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	me := &client{socket, make(chan outgoing, 256)}
	mutex.Lock()
	clients[me] = true
	mutex.Unlock()
	go me.write()
	me.read()
}

func (me *client) read() {
	defer func() {
		mutex.Lock()
		delete(clients, me)
		mutex.Unlock()
		close(me.queue)
	}()
	for {
		_, text, err := me.socket.ReadMessage()
		if err != nil {
			return
		}
		var received message
		if json.Unmarshal(text, &received) != nil {
			return
		}
		answer, err := json.Marshal(&received)
		if err != nil {
			return
		}
		switch received.Event {
		case "echo.msg":
			me.queue <- outgoing{text: answer}
		case "bcast.msg":
			prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, answer)
			if err != nil {
				return
			}
			mutex.Lock()
			for client := range clients {
				client.queue <- outgoing{prepared: prepared}
			}
			mutex.Unlock()
		}
	}
}

func (me *client) write() {
	defer me.socket.Close()
	for next := range me.queue {
		if err := me.send(next); err != nil {
			return
		}
	}
}

func (me *client) send(next outgoing) error {
	if next.prepared != nil {
		return me.socket.WritePreparedMessage(next.prepared)
	}
	return me.socket.WriteMessage(websocket.TextMessage, next.text)
}
