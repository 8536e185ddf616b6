// Package fasttrack is a client of the API, made from its OpenAPI document by oapi-codegen.
//
//	tokens := …
//	api, err := fasttrack.NewClientWithResponses("https://tasks.example.com",
//		fasttrack.WithToken(func() string { return tokens.AccessToken }))
//	answer, err := api.GetTaskWithResponse(ctx, id, nil)
//	switch {
//	case err != nil: // no answer
//	case answer.JSONDefault != nil: // a *Problem, which is an error
//	default: // answer.JSON200 is the *Task, answer.Headers200.ETag its tag
//	}
//
// journey is a whole session.
package fasttrack

import (
	"context"
	"fmt"
	"net/http"
)

// WithToken sends an access token with every request, asked for each time; "" sends none.
func WithToken(token func() string) ClientOption {
	return WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		if t := token(); t != "" {
			r.Header.Set("Authorization", "Bearer "+t)
		}
		return nil
	})
}

// Error says what happened; Code is for programs.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
	if p.Errors != nil {
		for _, e := range *p.Errors {
			text += fmt.Sprintf("; %s %s", e.Location, e.Message)
		}
	}
	return text
}
