package eventbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// Event is a fact of the published language. EventName is constant for its type, such as "tasks.task_assigned";
// its receiver is a value, so that the zero event knows it too.
type Event interface {
	EventName() string
}

// MaxDepth is how long a chain of events may grow, each published by a handler of the one before. Beyond it the
// unit of work fails with an error that names the chain: two modules are answering each other.
const MaxDepth = 8

// Bus carries events between modules. It is a participant of every unit of work (uow.Participant). Its wiring is
// not safe for concurrent use and ends with [Bus.Freeze]; publishing then is.
type Bus struct {
	log     *slog.Logger
	shuffle *rand.Rand
	tap     func(Event)
	observe Observer
	absent  bool // publishers are

	frozen       bool
	names        map[string]bool      // of handlers
	publishers   map[string]string    // event → module
	handlers     map[string][]handler // event → in the transaction
	beforeCommit []batchHandler
	afterCommit  map[string][]signalHandler

	dispatcher *dispatcher
}

type handler struct {
	name string
	fn   func(context.Context, Event) error
}

type batchHandler struct {
	name  string
	kinds map[string]bool
	fn    func(context.Context, []Event) error
}

// Option changes a [Bus] that is being made.
type Option func(*Bus)

// WithShuffle runs the handlers of one event in a random order. Tests use it: what comes out may not
// depend on the order. (The order of locks does: see docs/architecture.md.)
func WithShuffle(r *rand.Rand) Option {
	return func(b *Bus) { b.shuffle = r }
}

// WithTap shows every event and announcement to fn once it is committed, in order. Tests use it to expect events, and
// no others; fn must be safe for concurrent use.
func WithTap(fn func(Event)) Option {
	return func(b *Bus) { b.tap = fn }
}

// Observer is told when a handler begins, and by the function that it returns, which is called once, how it ended. The
// context that it returns is the handler's; moment is "transaction", "before_commit" or "after_commit".
type Observer func(ctx context.Context, moment, handler string) (context.Context, func(error))

// WithObserver has every call of a handler observed. The observer must be quick and safe for concurrent use.
func WithObserver(o Observer) Option {
	return func(b *Bus) { b.observe = o }
}

// observed calls a handler.
func (b *Bus) observed(ctx context.Context, moment, handler string, call func(context.Context) error) error {
	if b.observe == nil {
		return call(ctx)
	}
	ctx, end := b.observe(ctx, moment, handler)
	err := errUnfinished // unless it returns
	defer func() { end(err) }()
	err = call(ctx)
	return err
}

var errUnfinished = errors.New("eventbus: a handler did not return")

// WithAbsentPublishers has [Bus.Freeze] declare what somebody waits for and nobody has declared: it is published by the
// module that the event's name begins with. Tests of one module alone use it, and publish for all the others.
func WithAbsentPublishers() Option {
	return func(b *Bus) { b.absent = true }
}

// New returns a bus without any wiring.
func New(log *slog.Logger, options ...Option) *Bus {
	b := &Bus{
		log:         log,
		names:       map[string]bool{},
		publishers:  map[string]string{},
		handlers:    map[string][]handler{},
		afterCommit: map[string][]signalHandler{},
		dispatcher:  newDispatcher(),
	}
	for _, option := range options {
		option(b)
	}
	return b
}

// Publishes declares that module publishes E. Each event has one publisher, and an event that was not declared
// cannot be published.
func Publishes[E Event](b *Bus, module string) {
	name := nameOf[E]()
	b.mustBeOpen("Publishes", name)
	if other, taken := b.publishers[name]; taken {
		panic(fmt.Sprintf("eventbus: %s is published by %s already; an event has one publisher", name, other))
	}
	b.publishers[name] = module
}

// Subscribe has fn called in the transaction of whoever publishes E. The name says who reacts and how, such as
// "tasks.forget_deleted_project", and is unique.
func Subscribe[E Event](b *Bus, name string, fn func(context.Context, E) error) {
	b.claim("Subscribe", name)
	event := nameOf[E]()
	b.handlers[event] = append(b.handlers[event], handler{name, func(ctx context.Context, e Event) error {
		return fn(ctx, e.(E))
	}})
}

// Kind is the type of an event, for [BeforeCommit].
type Kind struct{ name string }

// Of returns the kind of E.
func Of[E Event]() Kind { return Kind{nameOf[E]()} }

// BeforeCommit has fn called once at the end of each unit of work that published any of the kinds, with those
// events in the order in which they were published.
func BeforeCommit(b *Bus, name string, fn func(context.Context, []Event) error, kinds ...Kind) {
	b.claim("BeforeCommit", name)
	set := make(map[string]bool, len(kinds))
	for _, k := range kinds {
		set[k.name] = true
	}
	b.beforeCommit = append(b.beforeCommit, batchHandler{name, set, fn})
}

// Freeze ends the wiring. It panics when somebody subscribed to an event that nobody publishes.
func (b *Bus) Freeze() {
	for _, r := range b.Routes() {
		switch {
		case r.Publisher != "":
		case b.absent:
			b.publishers[r.Event], _, _ = strings.Cut(r.Event, ".")
		default:
			panic(fmt.Sprintf("eventbus: nobody publishes %s, which %v wait for", r.Event, r.Listeners()))
		}
	}
	b.frozen = true
}

func (b *Bus) claim(what, name string) {
	b.mustBeOpen(what, name)
	if b.names[name] {
		panic(fmt.Sprintf("eventbus: two handlers are called %s", name))
	}
	b.names[name] = true
}

func (b *Bus) mustBeOpen(what, name string) {
	if b.frozen {
		panic(fmt.Sprintf("eventbus: %s(%s) after the program was started; wire it in the module's New", what, name))
	}
}

func nameOf[E Event]() string {
	var zero E
	return zero.EventName()
}

// Route is one event with everybody who publishes or hears it.
type Route struct {
	Event        string
	Publisher    string   // module; empty if nobody declared it
	Transaction  []string // names of handlers in the transaction
	BeforeCommit []string
	AfterCommit  []string
}

// Listeners returns the names of all handlers of the event.
func (r Route) Listeners() []string {
	return slices.Concat(r.Transaction, r.BeforeCommit, r.AfterCommit)
}

// Routes lists the wiring, sorted by event.
func (b *Bus) Routes() []Route {
	routes := map[string]*Route{}
	at := func(event string) *Route {
		if routes[event] == nil {
			routes[event] = &Route{Event: event, Publisher: b.publishers[event]}
		}
		return routes[event]
	}
	for event := range b.publishers {
		at(event)
	}
	for event, handlers := range b.handlers {
		for _, h := range handlers {
			at(event).Transaction = append(at(event).Transaction, h.name)
		}
	}
	for _, h := range b.beforeCommit {
		for event := range h.kinds {
			at(event).BeforeCommit = append(at(event).BeforeCommit, h.name)
		}
	}
	for event, handlers := range b.afterCommit {
		for _, h := range handlers {
			at(event).AfterCommit = append(at(event).AfterCommit, h.name)
		}
	}
	sorted := make([]Route, 0, len(routes))
	for _, r := range routes {
		sorted = append(sorted, *r)
	}
	slices.SortFunc(sorted, func(a, b Route) int { return cmp.Compare(a.Event, b.Event) })
	return sorted
}

// shuffled returns the handlers in the order in which they are to run.
func (b *Bus) shuffled(handlers []handler) []handler {
	if b.shuffle == nil || len(handlers) < 2 {
		return handlers
	}
	shuffleMu.Lock()
	defer shuffleMu.Unlock()
	mixed := slices.Clone(handlers)
	b.shuffle.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

// shuffleMu guards the generators of tests, which are not safe for concurrent use.
var shuffleMu sync.Mutex
