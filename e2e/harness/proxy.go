package harness

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxy is a bad line to a program: what is sent comes in pieces and late, and every connection is cut sooner or later,
// in the middle of whatever is on its way.
type Proxy struct {
	URL string // http://127.0.0.1:port, in the place of the program's

	t        testing.TB
	target   string
	quality  Quality
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	open    map[net.Conn]bool
	cuts    int
	stopped bool
}

// Quality says how bad a line is.
type Quality struct {
	Lasts int           // bytes that a connection carries towards the client before it is cut, on average
	Delay time.Duration // of a piece, at most
}

// NewProxy returns a bad line to the program at an address; it ends with the test. The seed is logged.
func NewProxy(t testing.TB, target string, quality Quality) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("the seed of the bad line is %d", seed)
	p := &Proxy{
		URL: "http://" + listener.Addr().String(), t: t, target: strings.TrimPrefix(target, "http://"), quality: quality,
		listener: listener, random: rand.New(rand.NewPCG(seed, 0)), open: map[net.Conn]bool{},
	}
	p.running.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

// Cuts returns how many connections were cut so far.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.carry(client) })
	}
}

// carry connects one client with the program, for as long as the line lasts.
func (p *Proxy) carry(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	if !p.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	p.deliver(client, server)
	p.drop(client, server)
	both.Wait()
}

// deliver carries what the program says, until the line is cut.
func (p *Proxy) deliver(client, server net.Conn) {
	left := p.pick(2 * p.quality.Lasts)
	buffer := make([]byte, 1024)
	for {
		n, err := server.Read(buffer)
		for said := buffer[:n]; len(said) > 0; {
			piece := min(1+p.pick(400), len(said), left)
			if p.pick(4) == 0 {
				time.Sleep(time.Duration(p.pick(int(p.quality.Delay))))
			}
			if _, err := client.Write(said[:piece]); err != nil {
				return
			}
			said, left = said[piece:], left-piece
			if left <= 0 {
				p.cut(client)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends a connection, sometimes as a peer does that is gone for good.
func (p *Proxy) cut(client net.Conn) {
	p.mu.Lock()
	p.cuts++
	p.mu.Unlock()
	if p.pick(2) == 0 {
		_ = client.(*net.TCPConn).SetLinger(0)
	}
}

// pick returns a number from 1 to n.
func (p *Proxy) pick(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return 1 + p.random.IntN(max(n, 1))
}

func (p *Proxy) keep(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		if p.stopped {
			_ = c.Close()
			continue
		}
		p.open[c] = true
	}
	return !p.stopped
}

func (p *Proxy) drop(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		_ = c.Close()
		delete(p.open, c)
	}
}

func (p *Proxy) stop() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.stopped = true
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}
