package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"
	"github.com/spf13/cobra"
)

func watchCommand() *cobra.Command {
	var w watch
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print the notifications of a user as they arrive over the socket",
		Long: "Opens the socket of a running server and prints its messages, one JSON object per line, until it is told\n" +
			"to stop or the server closes the socket; then it fails and says the close code.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w.replay = cmd.Flags().Changed("after-seq")
			return w.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&w.server, "url", "http://localhost:8000", "where the server is")
	cmd.Flags().StringVar(&w.token, "token", "", "an access token of the user")
	cmd.Flags().Int64Var(&w.afterSeq, "after-seq", 0, "print first what came after this number of the feed")
	return cmd
}

// watch is a client of GET /ws.
type watch struct {
	server   string
	token    string
	afterSeq int64
	replay   bool // after-seq was given
}

func (w watch) run(ctx context.Context, out io.Writer) error {
	address, err := w.address()
	if err != nil {
		return usageError{err}
	}
	header := http.Header{"Authorization": {"Bearer " + w.token}}
	conn, answer, err := websocket.DefaultDialer.DialContext(ctx, address, header) //nolint:bodyclose // it is in memory
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return refusal(answer, err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the read below
	defer stop()
	for {
		_, message, err := conn.ReadMessage()
		var closed *websocket.CloseError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
			return fmt.Errorf("the server closed the socket: %d %s", closed.Code, closed.Text)
		default:
			return fmt.Errorf("the connection was lost: %w", err)
		}
		if _, err := fmt.Fprintf(out, "%s\n", message); err != nil {
			return err
		}
	}
}

// address returns the URL of the socket.
func (w watch) address() (string, error) {
	if w.token == "" {
		return "", errors.New("--token is missing: POST /api/v1/auth/login gives one")
	}
	server, err := url.Parse(w.server)
	scheme := ""
	if err == nil {
		scheme = map[string]string{"http": "ws", "https": "wss"}[server.Scheme]
	}
	if scheme == "" || server.Host == "" {
		return "", fmt.Errorf("--url must be like http://localhost:8000, and is %q", w.server)
	}
	socket := url.URL{Scheme: scheme, Host: server.Host, Path: strings.TrimSuffix(server.Path, "/") + "/ws"}
	if w.replay {
		socket.RawQuery = "after_seq=" + strconv.FormatInt(w.afterSeq, 10)
	}
	return socket.String(), nil
}

// refusal says why no socket was opened: the server's problem document knows best.
func refusal(answer *http.Response, err error) error {
	if answer == nil {
		return fmt.Errorf("open the socket: %w", err)
	}
	var problem struct {
		Detail string `json:"detail"`
	}
	_ = json.NewDecoder(answer.Body).Decode(&problem) // what is not our server need not answer with one
	return fmt.Errorf("the server refused the socket: %s: %s", answer.Status, problem.Detail)
}
