// Command load measures the real program under load, next to a bare handler that does the same reads: net/http, the
// driver, the same SQL and the same JSON, and nothing else. It prints a table with the ratio of the two, and writes
// report.json and report.svg.
//
//	make load                                             all of it: about half an hour
//	make load LOAD='-tasks 1000 -clients 32 -for 500ms'   a small one
//	make footprint                                        instead: size, start, and memory; three minutes
//
// Program, bare handler and load share the machine. The two are measured in turn, so that what else happens on it
// touches both alike: read the ratio rather than the number of requests.
//
// It is bounded: a client is one connection that sends one request after the other for a given time, what is measured
// is counted in a histogram of fixed size, and databases are removed at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fasttrack/adapters/database"
)

// plan is what is measured.
type plan struct {
	databases []string
	tasks     []int // in the table; each more than the one before
	clients   []int
	only      string // a part of an operation's name
	each      time.Duration
	out       string

	footprint bool // instead of all that: size, start, memory
	starts    int
	idle      time.Duration
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == floorCommand {
		exit(serveFloor(os.Args[2]))
	}
	p, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, p))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parse(args []string) (p plan, err error) {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	databases := flags.String("databases", "sqlite,postgres", "which databases; PostgreSQL is that of TEST_DATABASE_URL")
	tasks := flags.String("tasks", "1000,100000,1000000", "how many tasks are in the table")
	clients := flags.String("clients", "1,32,1000", "how many clients there are")
	flags.StringVar(&p.only, "only", "", "only operations whose name has this in it")
	flags.DurationVar(&p.each, "for", 2*time.Second, "how long each is measured")
	flags.StringVar(&p.out, "out", "load", "the folder of report.json and report.svg")
	flags.BoolVar(&p.footprint, "footprint", false, "measure size, start and memory instead, with the first number of tasks "+
		"and the last of clients")
	flags.IntVar(&p.starts, "starts", 20, "how often -footprint starts the program")
	flags.DurationVar(&p.idle, "idle", 10*time.Second, "how long -footprint leaves it alone")
	if err := flags.Parse(args); err != nil {
		return p, err
	}
	p.databases = strings.Split(*databases, ",")
	if p.tasks, err = numbers(*tasks); err != nil {
		return p, err
	}
	p.clients, err = numbers(*clients)
	return p, err
}

func numbers(list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || len(all) > 0 && n <= all[len(all)-1] {
			return nil, fmt.Errorf("%q is not a list of growing numbers", list)
		}
		all = append(all, n)
	}
	return all, nil
}

func run(ctx context.Context, p plan) error {
	dir, err := os.MkdirTemp("", "fasttrack-load-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := build(ctx, dir)
	if err != nil {
		return err
	}
	if p.footprint {
		return footprint(ctx, os.Stdout, p, program, dir)
	}
	r := newReport(p)
	r.head(os.Stdout)
	for _, dialect := range p.databases {
		if err := measureDatabase(ctx, p, r, database.Dialect(dialect), program, dir); err != nil {
			if ctx.Err() != nil {
				break // what was measured so far is worth keeping
			}
			return fmt.Errorf("%s: %w", dialect, err)
		}
	}
	if err := os.MkdirAll(p.out, 0o750); err != nil {
		return err
	}
	if err := errors.Join(r.writeJSON(filepath.Join(p.out, "report.json")),
		r.writeSVG(filepath.Join(p.out, "report.svg"))); err != nil {
		return err
	}
	fmt.Printf("\nThe report is in %s: report.json and report.svg.\n", p.out)
	return ctx.Err()
}

// measureDatabase fills one database more and more, and measures every operation each time.
func measureDatabase(
	ctx context.Context, p plan, r *report, dialect database.Dialect, program, dir string,
) (err error) {
	url, drop, err := createDatabase(ctx, dialect, dir)
	if errors.Is(err, errNoServer) {
		fmt.Fprintln(os.Stderr, "load:", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	served, err := launch(ctx, dir, program, url)
	if err != nil {
		return err
	}
	defer served.stop()
	w, err := newWorld(served.url, url)
	if err != nil {
		return err
	}
	defer w.close()
	for _, size := range p.tasks {
		if err := w.fill(ctx, size); err != nil {
			return fmt.Errorf("fill the table with %d tasks: %w", size, err)
		}
		// Not before: the first statements on an empty table would be planned for an empty table.
		floor, err := launchFloor(ctx, dir, url)
		if err != nil {
			return err
		}
		operations, err := w.operations()
		if err != nil {
			floor.stop()
			return err
		}
		for _, op := range operations {
			if !strings.Contains(op.name, p.only) {
				continue
			}
			for _, clients := range p.clients {
				m, err := compare(ctx, op, clients, p.each, served, floor)
				if err != nil {
					floor.stop()
					return err
				}
				m.Database, m.Tasks = string(dialect), size
				r.add(os.Stdout, m)
			}
		}
		floor.stop()
	}
	return nil
}
