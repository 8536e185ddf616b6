// Package broadcast is how the nodes of one system give each other hints: that there is something new to look at.
//
// A hint is no message. It may be lost, come twice, late or out of order, and it reaches only who listens just then.
// So nobody learns anything from it but when to look, and everybody who listens also looks without being told.
package broadcast

import "context"

// Hint says that something which is known by Topic and Key has reached Number.
type Hint struct {
	Topic  string
	Key    string
	Number int64
}

// MaxText is how many bytes the topic and the key of a hint may have; a hint with more is lost.
const MaxText = 256

// Broadcaster gives hints to the other nodes and takes theirs. It is safe for concurrent use.
type Broadcaster interface {
	// Publish gives the hint to all other nodes, soon, and never to this one. It returns at once, whatever the state of
	// the network, and is called after the commit of what the hint is about. Of the hints of one topic and key that
	// wait to be sent, the greatest number is kept.
	Publish(Hint)

	// Subscribe has listen called with the hints that other nodes give on a topic, one at a time. listen must not
	// block. Whoever subscribes does so before Run.
	Subscribe(topic string, listen func(Hint))

	// Run sends and receives until ctx is done; hints that wait by then are lost. It comes to terms with a network that
	// goes away and returns. It is called once.
	Run(ctx context.Context) error
}

// Listeners is who has subscribed to which topic. Implementations of [Broadcaster] embed it.
type Listeners struct {
	byTopic map[string][]func(Hint)
}

// Subscribe implements [Broadcaster].
func (l *Listeners) Subscribe(topic string, listen func(Hint)) {
	if l.byTopic == nil {
		l.byTopic = map[string][]func(Hint){}
	}
	l.byTopic[topic] = append(l.byTopic[topic], listen)
}

// Tell calls those who have subscribed to the hint's topic.
func (l *Listeners) Tell(h Hint) {
	for _, listen := range l.byTopic[h.Topic] {
		listen(h)
	}
}
