//! Presence: who is there on all nodes, and who is told.

use std::collections::BTreeMap;

use super::{Nodes, attach, is_deserted, join, publish};
use crate::cluster::Enrolment;
use crate::protocol::ConnectionKey;

pub(super) async fn users_come_with_their_first_connection_and_leave_with_their_last(nodes: Nodes) {
    let (here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    let ((ana, ana_id), (ana_too, ana_too_id), (bea, bea_id)) =
        (join("ana"), join("ana"), join("bea"));
    nodes.first.update("room", vec![ana, bea]).await.unwrap();
    nodes.second.update("room", vec![ana_too]).await.unwrap();
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for member in nodes.second.members("room").await.unwrap().members {
        *users.entry(member.user.to_string()).or_default() += 1;
    }
    assert_eq!(
        users,
        BTreeMap::from([("ana".to_owned(), 2), ("bea".to_owned(), 1)])
    );
    nodes
        .first
        .update("room", vec![Enrolment::Leave(ana_id)])
        .await
        .unwrap();
    nodes
        .first
        .update("room", vec![Enrolment::Leave(bea_id)])
        .await
        .unwrap();
    nodes
        .second
        .update("room", vec![Enrolment::Leave(ana_too_id)])
        .await
        .unwrap();
    for kept in [here, there] {
        assert_eq!(kept.given(4).await, ["+ana", "+bea", "-bea", "-ana"]);
    }
    assert!(is_deserted(&*nodes.first).await);
}

pub(super) async fn to_join_twice_or_leave_twice_changes_nothing(nodes: Nodes) {
    let (kept, _) = attach(&nodes.first, "room").await;
    let (ana, id) = join("ana");
    let leave = || Enrolment::Leave(id);
    let changes = vec![leave(), ana.clone(), ana, leave(), leave()];
    nodes.first.update("room", changes).await.unwrap();
    nodes
        .first
        .update("room", vec![join("bea").0])
        .await
        .unwrap();
    assert_eq!(kept.given(3).await, ["+ana", "-ana", "+bea"]);
    assert_eq!(nodes.second.members("room").await.unwrap().members.len(), 1);
}

pub(super) async fn changes_and_frames_come_in_the_order_in_which_they_were_told(nodes: Nodes) {
    let (kept, _) = attach(&nodes.second, "room").await;
    let (ana, id) = join("ana");
    nodes.first.update("room", vec![ana]).await.unwrap();
    publish(&nodes.first, "room", &["hello"]).await;
    nodes
        .first
        .update("room", vec![Enrolment::Leave(id)])
        .await
        .unwrap();
    publish(&nodes.first, "room", &["she is gone"]).await;
    assert_eq!(
        kept.given(4).await,
        ["+ana", "hello", "-ana", "she is gone"]
    );
}

pub(super) async fn who_was_there_before_is_known_and_not_announced(nodes: Nodes) {
    let (_here, _) = attach(&nodes.first, "room").await;
    nodes
        .first
        .update("room", vec![join("ana").0])
        .await
        .unwrap();
    let (there, _) = attach(&nodes.second, "room").await;
    let roll = nodes.second.members("room").await.unwrap();
    assert_eq!(roll.members.len(), 1);
    assert_eq!(&*roll.members[0].user, "ana");
    assert!(!roll.is_stale);
    nodes
        .first
        .update("room", vec![join("bea").0])
        .await
        .unwrap();
    assert_eq!(there.given(1).await, ["+bea"]);
}

pub(super) async fn every_node_is_told_which_connection_was_replaced_behind_the_join(nodes: Nodes) {
    let (here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    let key = ConnectionKey::random();
    let replace = Enrolment::Replace(key);
    let changes = vec![join("ana").0, replace.clone(), join("bea").0];
    nodes.first.update("room", changes).await.unwrap();
    nodes.second.update("room", vec![replace]).await.unwrap();
    nodes
        .second
        .update("room", vec![join("cleo").0])
        .await
        .unwrap();
    for kept in [&here, &there] {
        let given = kept.given(5).await;
        let replaced = format!("replaced {}", key.reveal());
        let changes = given.iter().filter(|given| **given != replaced);
        assert_eq!(changes.collect::<Vec<_>>(), ["+ana", "+bea", "+cleo"]);
        assert_eq!(given[0], "+ana");
        assert_eq!(given.len(), 5);
    }
    let roll = nodes.second.members("room").await.unwrap();
    assert_eq!(roll.members.len(), 3, "it is no member itself");
}

pub(super) async fn a_node_that_closes_takes_its_members_along(nodes: Nodes) {
    let (_here, _) = attach(&nodes.first, "room").await;
    let (there, _) = attach(&nodes.second, "room").await;
    nodes
        .first
        .update("room", vec![join("ana").0])
        .await
        .unwrap();
    nodes
        .second
        .update("room", vec![join("bea").0])
        .await
        .unwrap();
    nodes.first.close().await.unwrap();
    assert_eq!(there.given(3).await, ["+ana", "+bea", "-ana"]);
    let roll = nodes.second.members("room").await.unwrap();
    assert_eq!(roll.members.len(), 1);
}
