package httpserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/patch"
	"fasttrack/shared/precondition"
)

// What the API shows, asks for and answers: a module's httpapi package is this, one conversion, and a table of routes.
type (
	Note struct {
		ID        ids.ID                `json:"id"`
		Text      string                `json:"text" example:"Buy milk"`
		DueAt     *httpserver.Timestamp `json:"due_at"`
		UpdatedAt httpserver.Timestamp  `json:"updated_at"`
	}
	createNoteInput struct{ Body CreateNote }
	CreateNote      struct {
		Text  string                `json:"text" minLength:"1" maxLength:"500" example:"Buy milk"`
		DueAt *httpserver.Timestamp `json:"due_at,omitempty"`
	}
	getNoteInput struct {
		ID ids.ID `path:"id"`
	}
	listNotesInput struct {
		httpserver.ListInput
		Sort string `query:"sort" default:"-updated_at" enum:"updated_at,-updated_at,text,-text"`
		Done bool   `query:"done" default:"false"`
	}
	patchNoteInput struct {
		ID ids.ID `path:"id"`
		httpserver.IfMatch
		Body PatchNote
	}
	PatchNote struct {
		Text  *string                              `json:"text,omitempty" example:"Buy oat milk"`
		DueAt patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero"`
	}
	deleteNoteInput struct {
		ID ids.ID `path:"id"`
		httpserver.IfMatch
	}
)

type noteRoutes struct {
	notes   *notes
	cursors *page.Codec
}

var errNotesFull = errs.New(errs.Conflict, "notes_full", "there is no room for another note")

// registerNotes is the table of contents.
func registerNotes(api *httpserver.API, h noteRoutes) {
	op := func(id, method, path, summary string, own ...*errs.Error) httpserver.Operation {
		return httpserver.Operation{ID: id, Method: method, Path: path, Summary: summary, Tag: "notes", Errors: own}
	}
	httpserver.Register(api, op("create-note", http.MethodPost, "/notes", "Create a note", errNotesFull), h.create)
	httpserver.Register(api, op("list-notes", http.MethodGet, "/notes", "List notes"), h.list)
	httpserver.Register(api, op("get-note", http.MethodGet, "/notes/{id}", "Get a note"), h.get)
	httpserver.Register(api, op("update-note", http.MethodPatch, "/notes/{id}", "Change a note"), h.patch)
	httpserver.Register(api, op("delete-note", http.MethodDelete, "/notes/{id}", "Delete a note"), h.delete)
}

func (h noteRoutes) create(ctx context.Context, in *createNoteInput) (*httpserver.Resource[Note], error) {
	n, err := h.notes.create(auth.Must(ctx), in.Body.Text)
	if err != nil {
		return nil, err
	}
	return httpserver.Created("/api/v1/notes/"+n.id.String(), n.version, showNote(n)), nil
}

func (h noteRoutes) list(ctx context.Context, in *listNotesInput) (*httpserver.List[Note], error) {
	req, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, req, h.notes.list(req), showNote), nil
}

func (h noteRoutes) get(_ context.Context, in *getNoteInput) (*httpserver.Resource[Note], error) {
	n, err := h.notes.get(in.ID)
	if err != nil {
		return nil, err
	}
	return httpserver.OK(n.version, showNote(n)), nil
}

func (h noteRoutes) patch(_ context.Context, in *patchNoteInput) (*httpserver.Resource[Note], error) {
	n, err := h.notes.change(in.ID, in.Precondition(), in.Body.Text, httpserver.PatchTime(in.Body.DueAt))
	if err != nil {
		return nil, err
	}
	return httpserver.OK(n.version, showNote(n)), nil
}

func (h noteRoutes) delete(_ context.Context, in *deleteNoteInput) (*struct{}, error) {
	return nil, h.notes.remove(in.ID, in.Precondition())
}

func showNote(n *note) Note {
	return Note{
		ID: n.id, Text: n.text,
		DueAt: httpserver.TimestampOf(n.dueAt), UpdatedAt: httpserver.Timestamp(n.updatedAt),
	}
}

func Example() {
	server := httpserver.New(httpserver.Config{})
	tokens := authtest.NewTokens(clock.System)
	server.Authenticate(tokens)
	registerNotes(server.API(), noteRoutes{notes: &notes{}, cursors: page.NewCodec([]byte("a key"))})

	_, token := tokens.User(auth.RoleUser)
	r := httptest.NewRequest(http.MethodPost, "/api/v1/notes", strings.NewReader(`{"text":"Buy milk"}`))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	fmt.Println(w.Code, strings.HasPrefix(w.Header().Get("ETag"), `"1.`))
	// Output: 201 true
}

// notes is what stands behind the routes: application and store in one, for the example.
type notes struct{ all []*note }

type note struct {
	id        ids.ID
	text      string
	dueAt     *time.Time
	version   int64
	updatedAt time.Time
}

var noteTime = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

const roomForNotes = 25

func (s *notes) create(_ auth.Principal, text string) (*note, error) {
	if len(s.all) == roomForNotes {
		return nil, errNotesFull
	}
	n := &note{id: ids.New(), text: text, version: 1, updatedAt: noteTime}
	s.all = append(s.all, n)
	return n, nil
}

func (s *notes) get(id ids.ID) (*note, error) {
	for _, n := range s.all {
		if n.id == id {
			return n, nil
		}
	}
	return nil, errs.NotFoundf("there is no such note")
}

func (s *notes) list(req page.Request) page.Page[*note] {
	rest := s.all
	if req.After != nil {
		for i, n := range s.all {
			if n.id == req.After.ID {
				rest = s.all[i+1:]
			}
		}
	}
	if len(rest) <= req.Limit {
		return page.Page[*note]{Items: rest}
	}
	items := rest[:req.Limit]
	return page.Page[*note]{Items: items, Next: &page.Position{ID: items[len(items)-1].id}}
}

func (s *notes) change(
	id ids.ID, only precondition.If, text *string, due patch.Nullable[time.Time],
) (*note, error) {
	n, err := s.get(id)
	if err != nil {
		return nil, err
	}
	if err := only.Check(n.version); err != nil {
		return nil, err
	}
	if text == nil && !due.Set {
		return n, nil
	}
	if text != nil {
		n.text = *text
	}
	if due.Set {
		n.dueAt = due.Value
	}
	n.version++
	return n, nil
}

func (s *notes) remove(id ids.ID, only precondition.If) error {
	n, err := s.get(id)
	if err != nil {
		return err
	}
	if err := only.Check(n.version); err != nil {
		return err
	}
	for i := range s.all {
		if s.all[i] == n {
			s.all = append(s.all[:i], s.all[i+1:]...)
			break
		}
	}
	return nil
}
