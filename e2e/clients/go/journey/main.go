// Journey is a session of two people with the client in Go: go run ./journey http://localhost:8000 suffix. The suffix
// makes their addresses new.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"client/fasttrack"

	"github.com/oapi-codegen/nullable"
	"github.com/oapi-codegen/runtime/types"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: journey URL SUFFIX")
		os.Exit(2)
	}
	if err := journey(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "journey:", err)
		os.Exit(1)
	}
	fmt.Println("the journey is done")
}

// person is somebody who is logged in.
type person struct {
	*fasttrack.ClientWithResponses
	tokens *fasttrack.Tokens
	id     types.UUID
}

func journey(ctx context.Context, url, suffix string) error {
	ann, err := arrive(ctx, url, "ann-"+suffix+"@example.com")
	if err != nil {
		return err
	}
	bob, err := arrive(ctx, url, "bob-"+suffix+"@example.com")
	if err != nil {
		return err
	}
	if err := ann.refresh(ctx); err != nil {
		return err
	}
	project, err := ann.createOnce(ctx)
	if err != nil {
		return err
	}
	task, err := ann.fill(ctx, project, bob.id)
	if err != nil {
		return err
	}
	if err := ann.walk(ctx, project); err != nil {
		return err
	}
	if err := ann.change(ctx, task); err != nil {
		return err
	}
	if err := bob.listen(ctx, task); err != nil {
		return err
	}
	return bob.leave(ctx)
}

// arrive registers somebody and logs them in.
func arrive(ctx context.Context, url, email string) (*person, error) {
	p := &person{tokens: &fasttrack.Tokens{}}
	api, err := fasttrack.NewClientWithResponses(url, fasttrack.WithToken(func() string { return p.tokens.AccessToken }))
	if err != nil {
		return nil, err
	}
	p.ClientWithResponses = api
	const password = "four blue herons wade"
	registered, err := api.RegisterWithResponse(ctx, fasttrack.RegisterRequest{Email: email, Password: password})
	if err != nil {
		return nil, err
	}
	if registered.JSON201 == nil {
		return nil, fmt.Errorf("register: %w", registered.JSONDefault)
	}
	p.id = registered.JSON201.ID

	refused, err := api.LoginWithResponse(ctx, fasttrack.LoginRequest{Email: email, Password: "wrong"})
	if err != nil {
		return nil, err
	}
	if err := expect(refused.JSONDefault, http.StatusUnauthorized, fasttrack.ProblemCodeInvalidCredentials); err != nil {
		return nil, fmt.Errorf("a wrong password: %w", err)
	}
	session, err := api.LoginWithResponse(ctx, fasttrack.LoginRequest{Email: email, Password: password})
	if err != nil {
		return nil, err
	}
	if session.JSON200 == nil {
		return nil, fmt.Errorf("login: %w", session.JSONDefault)
	}
	p.tokens = session.JSON200
	return p, nil
}

func (p *person) refresh(ctx context.Context) error {
	next, err := p.RefreshTokensWithResponse(ctx, fasttrack.RefreshTokensRequest{RefreshToken: p.tokens.RefreshToken})
	if err != nil {
		return err
	}
	if next.JSON200 == nil {
		return fmt.Errorf("refresh: %w", next.JSONDefault)
	}
	if next.JSON200.RefreshToken == p.tokens.RefreshToken {
		return errors.New("refresh: the token is the old one")
	}
	p.tokens = next.JSON200
	return nil
}

// createOnce sends one request to create a project twice, as after a lost answer.
func (p *person) createOnce(ctx context.Context) (types.UUID, error) {
	params := &fasttrack.CreateProjectParams{IdempotencyKey: new("garden")}
	first, err := p.CreateProjectWithResponse(ctx, params, fasttrack.CreateProjectRequest{Name: "Garden"})
	if err != nil {
		return types.UUID{}, err
	}
	if first.JSON201 == nil {
		return types.UUID{}, fmt.Errorf("create a project: %w", first.JSONDefault)
	}
	again, err := p.CreateProjectWithResponse(ctx, params, fasttrack.CreateProjectRequest{Name: "Garden"})
	if err != nil {
		return types.UUID{}, err
	}
	if again.JSON201 == nil {
		return types.UUID{}, fmt.Errorf("create a project again: %w", again.JSONDefault)
	}
	replayed := again.Headers201.IdempotentReplayed
	if again.JSON201.ID != first.JSON201.ID || replayed == nil || *replayed != "true" {
		return types.UUID{}, fmt.Errorf("a repeated request made %v beside %v", again.JSON201.ID, first.JSON201.ID)
	}
	other, err := p.CreateProjectWithResponse(ctx, params, fasttrack.CreateProjectRequest{Name: "Another"})
	if err != nil {
		return types.UUID{}, err
	}
	return first.JSON201.ID, expect(other.JSONDefault, http.StatusUnprocessableEntity, fasttrack.ProblemCodeIdempotencyMismatch)
}

// fill makes five tasks, the last of them for somebody, and comments on that one.
func (p *person) fill(ctx context.Context, project, assignee types.UUID) (task types.UUID, err error) {
	for i := range 5 {
		body := fasttrack.NewTask{Title: fmt.Sprint("Task ", i), Priority: new(fasttrack.TaskPriorityHigh)}
		if i == 4 {
			body.AssigneeID = nullable.NewNullableWithValue(assignee)
			body.DueAt = nullable.NewNullableWithValue(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
		}
		made, err := p.CreateProjectTaskWithResponse(ctx, project, nil, body)
		if err != nil {
			return task, err
		}
		if made.JSON201 == nil {
			return task, fmt.Errorf("create a task: %w", made.JSONDefault)
		}
		task = made.JSON201.ID
	}
	comment, err := p.CreateCommentWithResponse(ctx, task, nil, fasttrack.CreateCommentRequest{Body: "By the gate."})
	if err != nil {
		return task, err
	}
	if comment.JSON201 == nil {
		return task, fmt.Errorf("comment: %w", comment.JSONDefault)
	}
	refused, err := p.CreateProjectTaskWithResponse(ctx, project, nil, fasttrack.NewTask{})
	if err != nil {
		return task, err
	}
	return task, expect(refused.JSONDefault, http.StatusUnprocessableEntity, fasttrack.ProblemCodeValidationFailed)
}

// walk reads the list of tasks by its cursors.
func (p *person) walk(ctx context.Context, project types.UUID) error {
	params := &fasttrack.ListProjectTasksParams{
		Limit: new(int64(2)), Sort: new(fasttrack.ListProjectTasksParamsSortCreatedAt),
		Status: new(fasttrack.TaskStatusTodo),
	}
	seen := ""
	for pages := 1; ; pages++ {
		page, err := p.ListProjectTasksWithResponse(ctx, project, params)
		if err != nil {
			return err
		}
		if page.JSON200 == nil {
			return fmt.Errorf("list tasks: %w", page.JSONDefault)
		}
		for _, task := range page.JSON200.Items {
			seen += task.Title + " "
		}
		if page.JSON200.NextCursor.IsNull() {
			if want := "Task 0 Task 1 Task 2 Task 3 Task 4 "; seen != want || pages != 3 {
				return fmt.Errorf("a walk of %d pages saw %q", pages, seen)
			}
			return nil
		}
		params.Cursor = new(page.JSON200.NextCursor.MustGet())
	}
}

// change edits what was read, and not what somebody else has changed meanwhile.
func (p *person) change(ctx context.Context, id types.UUID) error {
	read, err := p.GetTaskWithResponse(ctx, id, nil)
	if err != nil {
		return err
	}
	if read.JSON200 == nil {
		return fmt.Errorf("read a task: %w", read.JSONDefault)
	}
	tag := read.Headers200.ETag
	same, err := p.GetTaskWithResponse(ctx, id, &fasttrack.GetTaskParams{IfNoneMatch: &tag})
	if err != nil || same.StatusCode() != http.StatusNotModified {
		return fmt.Errorf("read what is there already: %v, %w", same, err)
	}
	based := &fasttrack.UpdateTaskParams{IfMatch: &tag}
	changed, err := p.UpdateTaskWithResponse(ctx, id, based, fasttrack.UpdateTaskRequest{
		Status: new(fasttrack.TaskStatusInProgress), DueAt: nullable.NewNullNullable[time.Time](),
	})
	if err != nil {
		return err
	}
	if changed.JSON200 == nil {
		return fmt.Errorf("change a task: %w", changed.JSONDefault)
	}
	if t := changed.JSON200; !t.DueAt.IsNull() || t.AssigneeID.IsNull() || t.Status != fasttrack.TaskStatusInProgress {
		return fmt.Errorf("null clears, and what is absent stays: %+v", t)
	}
	stale, err := p.UpdateTaskWithResponse(ctx, id, based, fasttrack.UpdateTaskRequest{Title: new("Too late")})
	if err != nil {
		return err
	}
	return expect(stale.JSONDefault, http.StatusPreconditionFailed, fasttrack.ProblemCodePreconditionFailed)
}

// listen reads what was told about a task, and marks it read.
func (p *person) listen(ctx context.Context, task types.UUID) error {
	feed, err := p.ListNotificationsWithResponse(ctx, &fasttrack.ListNotificationsParams{AfterSeq: new(int64(0))})
	if err != nil {
		return err
	}
	if feed.JSON200 == nil {
		return fmt.Errorf("list notifications: %w", feed.JSONDefault)
	}
	told := ""
	for _, n := range feed.JSON200.Items {
		told += string(n.Type) + " "
		read, err := p.ReadNotificationWithResponse(ctx, n.ID)
		if err != nil {
			return err
		}
		if read.JSON200 == nil {
			return fmt.Errorf("read a notification: %w", read.JSONDefault)
		}
		if read.JSON200.ReadAt.IsNull() {
			return errors.New("a notification stays unread")
		}
	}
	if told != "task_assigned comment_added status_changed " {
		return fmt.Errorf("Bob was told %q", told)
	}
	assigned, err := feed.JSON200.Items[0].Data.AsTaskData()
	if err != nil || assigned.TaskID != task {
		return fmt.Errorf("Bob was told of %v: %w", assigned, err)
	}
	return nil
}

// leave logs out; the token is dead then.
func (p *person) leave(ctx context.Context) error {
	left, err := p.LogoutWithResponse(ctx, fasttrack.LogoutRequest{})
	if err != nil || left.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("logout: %v, %w", left, err)
	}
	after, err := p.GetMeWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	return expect(after.JSONDefault, http.StatusUnauthorized, fasttrack.ProblemCodeTokenRevoked)
}

// expect wants a problem.
func expect(problem *fasttrack.Problem, status int64, code fasttrack.ProblemCode) error {
	if problem == nil || problem.Status != status || problem.Code != code {
		return fmt.Errorf("want %d %s, got %v", status, code, problem)
	}
	return nil
}
