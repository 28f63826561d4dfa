use ui::*;

fn main() {
    let _ = handlers().build();
    //~^ error: event `Count` has no handler @ build
    //~^^ error: event `GetParticipant` has no handler @ build
    //~^^^ error: event `SendMsg` has no handler @ build
    //~^^^^ error: event `Signout` has no handler @ build
}
