package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/auth"
)

func demoCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Fill an empty database with a believable team, and print a login",
		Args:  noArguments,
		RunE:  env.withConfig(demo),
	}
}

// demo runs the program on a port of its own and does what the team would have done, through the API.
func demo(cmd *cobra.Command, cfg *config.Config) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	cfg.Addr, cfg.MetricsAddr = "127.0.0.1:0", ""
	cfg.RateLimitEnabled = false // a whole team comes from one address
	*cfg.DrainDelay = 0
	cfg.SMTPURL, cfg.Outbox = "", "" // nobody reads the team's mail
	app, err := bootstrap.New(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	empty, err := app.IsEmpty(ctx)
	if err == nil && !empty {
		err = errors.New("there are users already, and demo fills an empty database only: remove it, or set DATABASE_URL to another")
	}
	if err != nil {
		return errors.Join(err, app.Close())
	}
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(a net.Addr) { address <- a }) }()
	select {
	case err := <-ended:
		return err
	case a := <-address:
		team := &demoTeam{ctx: ctx, url: "http://" + a.String(), password: "demo-" + rand.Text()[:12], tokens: map[string]string{}}
		err := team.work()
		cancel()
		if err := errors.Join(err, <-ended); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Log in as ann@example.com (or bob@, cleo@), password %s\n", team.password)
		return err
	}
}

// demoTeam is three people and the API they use. The first error stops all that follows.
type demoTeam struct {
	ctx      context.Context
	url      string
	password string
	tokens   map[string]string // by the name of its user
	err      error
}

type object = map[string]any

func (d *demoTeam) work() error {
	people := map[string]string{}
	for _, name := range []string{"Ann", "Bob", "Cleo"} {
		people[name] = d.join(name)
	}
	studio := d.call("Ann", "POST", "/organizations", object{"name": "Blue Studio"})
	for name, role := range map[string]auth.OrganizationRole{"Bob": auth.OrganizationAdmin, "Cleo": auth.OrganizationMember} {
		d.call("Ann", "POST", "/organizations/"+studio+"/members", object{"user_id": people[name], "role": role})
	}
	site := d.call("Ann", "POST", "/projects", object{
		"name": "Website relaunch", "description": "New look, same address. Live on the first of the month.",
	})
	office := d.call("Bob", "POST", "/projects", object{"name": "New office", "description": "Forty desks by summer."})

	inSite, inOffice := "/projects/"+site+"/tasks", "/projects/"+office+"/tasks"
	sketch := d.call("Ann", "POST", inSite, object{
		"title": "Sketch the start page", "assignee_id": people["Cleo"], "priority": "high", "due_at": inDays(3),
	})
	texts := d.call("Ann", "POST", inSite, object{
		"title": "Write the texts", "assignee_id": people["Bob"], "due_at": inDays(10),
	})
	d.call("Ann", "POST", inSite, object{"title": "Move the domain", "priority": "low", "due_at": inDays(25)})
	d.call("Ann", "POST", inSite, object{"title": "Measure how fast it loads"})
	lease := d.call("Bob", "POST", inOffice, object{"title": "Sign the lease", "assignee_id": people["Ann"], "priority": "high"})
	d.call("Bob", "POST", inOffice, object{"title": "Order desks", "assignee_id": people["Cleo"]})
	d.call("Cleo", "POST", "/tasks", object{"title": "Renew the passport", "due_at": inDays(40)})

	d.call("Cleo", "PATCH", "/tasks/"+sketch, object{"status": "in_progress"})
	d.call("Cleo", "POST", "/tasks/"+sketch+"/comments", object{"body": "Two drafts by Friday. Dark or light?"})
	d.call("Ann", "POST", "/tasks/"+sketch+"/comments", object{"body": "Light, with the old blue."})
	d.call("Bob", "PATCH", "/tasks/"+texts, object{"status": "in_progress"})
	d.call("Ann", "PATCH", "/tasks/"+lease+"/complete", object{"completed": true})
	return d.err
}

func inDays(n int) string { return time.Now().AddDate(0, 0, n).UTC().Format(time.RFC3339) }

// join registers somebody, logs them in, and returns their id.
func (d *demoTeam) join(name string) string {
	email := map[string]string{"Ann": "ann@example.com", "Bob": "bob@example.com", "Cleo": "cleo@example.com"}[name]
	id := d.call("", "POST", "/auth/register", object{"email": email, "password": d.password, "display_name": name})
	tokens := d.send("", "POST", "/auth/login", object{"email": email, "password": d.password})
	d.tokens[name], _ = tokens["access_token"].(string)
	return id
}

// call sends a request as the person and returns the id of what it is about.
func (d *demoTeam) call(person, method, path string, body object) string {
	id, _ := d.send(person, method, path, body)["id"].(string)
	return id
}

func (d *demoTeam) send(person, method, path string, body object) (answer object) {
	if d.err != nil {
		return nil
	}
	defer func() {
		if d.err != nil {
			d.err = fmt.Errorf("%s %s: %w", method, path, d.err)
		}
	}()
	content, err := json.Marshal(body)
	if err != nil {
		d.err = err
		return nil
	}
	request, err := http.NewRequestWithContext(d.ctx, method, d.url+"/api/v1"+path, bytes.NewReader(content))
	if err != nil {
		d.err = err
		return nil
	}
	request.Header.Set("Content-Type", "application/json")
	if token := d.tokens[person]; token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.err = err
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	if d.err = err; err != nil {
		return nil
	}
	d.err = json.Unmarshal(text, &answer)
	return answer
}
