// Package eventbus is the only way in which modules talk. A module publishes what happened (a type of
// shared/events); others subscribe. There are three moments of delivery:
//
//   - in the transaction ([Subscribe]): inside the publisher's unit of work and inside its call of [Bus.Publish].
//     For copies of other modules' data and for cascades. An error dooms the unit and keeps its kind. Events that
//     handlers publish join a queue that is drained breadth-first: all handlers of one event before the next event.
//   - before commit ([BeforeCommit]): once per unit of work, with all of its events, when the queue is empty. For
//     what must be merged and come last, such as notification rows. Nothing can be published any more, only
//     announced.
//   - after commit ([AfterCommit]): never before it, on one dispatcher per node, coalesced by key. For hints. What is
//     lost here must cost time only, never data, so every consumer also looks for itself.
//
// The bus is wired once: modules declare what they publish ([Publishes]) and subscribe while they are constructed;
// [Bus.Freeze] then ends the wiring, and [Bus.Routes] lists it. Mistakes of wiring panic, since no program should
// start with one.
package eventbus
