package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// measurement is what a number of clients saw of one operation.
type measurement struct {
	Database  string  `json:"database"`
	Tasks     int     `json:"tasks"`
	Operation string  `json:"operation"`
	Clients   int     `json:"clients"`
	PerSecond float64 `json:"requests_per_second"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
	Errors    int64   `json:"errors"`             // answers of another status than the right one, and none
	Error     string  `json:"error,omitempty"`    // the first of them
	Floor     float64 `json:"floor_per_second"`   // of the bare handler; 0: it does not do this
	Ratio     float64 `json:"ratio_to_the_floor"` // of the requests per second; 0: there is no floor
	CPU       float64 `json:"cpu_us"`             // processor time of the program for one request; 0: unknown
	FloorCPU  float64 `json:"floor_cpu_us"`       // and of the bare handler
}

// rounds is how often program and bare handler take turns.
const rounds = 4

// compare measures an operation on the program and, if it can do it, on the bare handler, in turn. The first round
// warms both up and does not count.
func compare(
	ctx context.Context, op operation, clients int, each time.Duration, program, floor *process,
) (measurement, error) {
	var ours, theirs tally
	for round := range rounds + 1 {
		if ctx.Err() != nil {
			return measurement{}, ctx.Err()
		}
		counted, uncounted := &ours, &theirs
		if round == 0 {
			counted, uncounted = &tally{}, &tally{}
		}
		if err := drive(ctx, counted, program, op.request, op.status, clients, each/rounds); err != nil {
			return measurement{}, fmt.Errorf("%s: %w", op.name, err)
		}
		if op.floor == nil {
			continue
		}
		if err := drive(ctx, uncounted, floor, op.floor, op.status, clients, each/rounds); err != nil {
			return measurement{}, fmt.Errorf("%s, bare: %w", op.name, err)
		}
	}
	m := measurement{
		Operation: op.name, Clients: clients, PerSecond: ours.perSecond(),
		P50: ours.percentile(0.50), P95: ours.percentile(0.95), P99: ours.percentile(0.99),
		Errors: ours.errors.Load() + theirs.errors.Load(), CPU: ours.perRequest(), FloorCPU: theirs.perRequest(),
	}
	for _, t := range []*tally{&ours, &theirs} {
		if first := t.first.Load(); first != nil && m.Error == "" {
			m.Error = *first
		}
	}
	if theirs.count.Load() > 0 {
		m.Floor = theirs.perSecond()
		m.Ratio = m.PerSecond / m.Floor
	}
	return m, nil
}

// drive has a number of clients send requests for a time. It fails if they cannot connect.
func drive(
	ctx context.Context, t *tally, server *process, request func(n uint64) []byte, status, clients int, each time.Duration,
) error {
	address := strings.TrimPrefix(server.url, "http://")
	connections := make([]net.Conn, 0, clients)
	defer func() {
		for _, c := range connections {
			_ = c.Close()
		}
	}()
	for range clients {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		connections = append(connections, c)
	}
	var all sync.WaitGroup
	start, before := time.Now(), server.processorTime()
	end := start.Add(each)
	for _, c := range connections {
		_ = c.SetDeadline(end.Add(30 * time.Second))
		all.Go(func() { t.client(c, request, status, end) })
	}
	all.Wait()
	t.took += time.Since(start)
	t.cpu += server.processorTime() - before
	return nil
}

// sent numbers the requests of the whole run, so that no two writes are the same.
var sent atomic.Uint64

// client sends one request after the other on one connection until the time is over. It is much lighter than
// http.Client, since it runs beside what it measures.
func (t *tally) client(c net.Conn, request func(n uint64) []byte, status int, end time.Time) {
	answers := bufio.NewReaderSize(c, 16<<10)
	for {
		began := time.Now()
		if began.After(end) {
			return
		}
		if _, err := c.Write(request(sent.Add(1))); err != nil {
			t.fail(err.Error())
			return
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.fail(err.Error())
			return
		}
		if answer.StatusCode != status {
			body, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
			t.fail(answer.Status + " " + string(body))
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.fail(err.Error())
			return
		}
		_ = answer.Body.Close()
		t.note(time.Since(began))
	}
}

// tally counts answers by how long they took, in buckets that grow by 4 %.
type tally struct {
	buckets [600]atomic.Int64
	count   atomic.Int64
	errors  atomic.Int64
	first   atomic.Pointer[string]
	took    time.Duration
	cpu     time.Duration // of the server
}

const growth = 1.04

func (t *tally) note(d time.Duration) {
	bucket := int(math.Log(max(float64(d.Nanoseconds())/1000, 1)) / math.Log(growth))
	t.buckets[min(bucket, len(t.buckets)-1)].Add(1)
	t.count.Add(1)
}

func (t *tally) fail(what string) {
	t.errors.Add(1)
	t.first.CompareAndSwap(nil, &what)
}

func (t *tally) perSecond() float64 {
	return float64(t.count.Load()-t.errors.Load()) / t.took.Seconds()
}

// perRequest returns the microseconds of processor time that the server spent on one request.
func (t *tally) perRequest() float64 {
	return float64(t.cpu.Microseconds()) / max(1, float64(t.count.Load()))
}

// percentile returns the milliseconds within which this part of the answers came.
func (t *tally) percentile(part float64) float64 {
	left := int64(math.Ceil(part * float64(t.count.Load())))
	for i := range t.buckets {
		if left -= t.buckets[i].Load(); left <= 0 {
			return math.Pow(growth, float64(i)+0.5) / 1000
		}
	}
	return 0
}
