package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// browser starts a headless Chromium that ends with the test, and returns the context of its tab. Whatever the tab
// complains of, a violated Content-Security-Policy for one, fails the test. Without a browser the test is skipped, unless
// REQUIRE_BROWSER=1.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("REQUIRE_BROWSER") == "1" {
			t.Fatal("REQUIRE_BROWSER=1, but there is no Chromium in PATH")
		}
		t.Skip("there is no Chromium in PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-dev-shm-usage", true))
	allocated, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	tab, leave := chromedp.NewContext(allocated)
	t.Cleanup(leave)

	var mu sync.Mutex
	var complaints []string
	require.NoError(t, chromedp.Listen(tab, func(event any) {
		complaint := ""
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			complaint = e.ExceptionDetails.Text
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				complaint = e.Entry.Text + " " + e.Entry.URL
			}
		}
		if complaint != "" {
			mu.Lock()
			defer mu.Unlock()
			complaints = append(complaints, complaint)
		}
	}))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(complaints) > 0 {
			t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
		}
	})
	_, err := chromedp.Call(tab, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	tab, cancel := context.WithTimeout(tab, 2*time.Minute) // not before: it would be the browser's end
	t.Cleanup(cancel)
	return tab
}

// said waits for a line in the log of the page.
func said(text string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitReady(fmt.Sprintf(`//ol[@id="log"]/li[contains(., '%s')]`, text))
}

// TestTheSocketCanBeTriedInABrowser: on /docs/ws, under the strict policy, one can log in, connect, watch and send.
func TestTheSocketCanBeTriedInABrowser(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	ann, bob := p.Register("Ann"), p.Register("Bob")
	project := ann.Project("Garden")
	do := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(tab, 3*harness.Patience)
		defer cancel()
		if err := chromedp.Do(step, actions...); err != nil {
			page, _ := chromedp.Run(tab, chromedp.Text("#log"))
			t.Fatalf("%s: %v\n%s", what, err, page)
		}
	}

	do("log in", chromedp.Navigate(p.URL+"/docs/ws"),
		chromedp.SendKeys("#email", bob.Email),
		chromedp.SendKeys("#password", bob.Password),
		chromedp.Click("#log-in"),
		chromedp.WaitReady(`//body[@data-logged-in]`))
	do("connect", chromedp.Click("#connect"), said(`"type":"ready"`))
	task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
	do("watch", said(`"type":"task_assigned"`), said(task.ID))
	do("mark read", chromedp.Click("#ack"), said(`→ {"type":"ack","seq":1}`))
	do("renew", chromedp.Click("#authenticate"), said(`"type":"authenticated"`))
	require.Empty(t, harness.All[harness.Notification](bob.Client, "/notifications?unread=true"))
	do("say anything", chromedp.SetValue("#text", `{"type":"hello"}`),
		chromedp.Click("#send"), said("unknown_type"))
	shown, err := chromedp.Run(tab, chromedp.Text("#log"))
	require.NoError(t, err)
	require.NotContains(t, shown, "eyJ", "a token is on the screen")
	do("disconnect", chromedp.Click("#disconnect"), said("closed: 1000"))

	do("come back by a ticket", chromedp.Click("#clear"),
		chromedp.SetValue("#by", "ticket"), chromedp.SetValue("#after", "0"),
		chromedp.Click("#connect"), said(`"seq":0`), said(task.ID))

	// A real EventSource, which comes back by itself where it was. A ticket opens one stream, so it comes back in vain.
	ticket := bob.Ticket()
	got, err := chromedp.Run(tab, chromedp.Evaluate[[]string](fmt.Sprintf(`new Promise((resolve) => {
		const got = [], source = new EventSource("/api/v1/notifications/stream?after_seq=0&ticket=%s");
		for (const kind of ["ready", "task_assigned"]) {
			source.addEventListener(kind, (e) => {
				got.push(e.type + " " + e.lastEventId + " " + JSON.parse(e.data).type);
				if (kind === "task_assigned") { source.close(); resolve(got); }
			});
		}
		source.onerror = () => resolve(got.concat("error"));
	})`, ticket), chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	require.Equal(t, []string{"ready 0 ready", "task_assigned 1 task_assigned"}, got)
}

// TestTheDocumentationRendersUnderTheStrictPolicy: Swagger UI and Redoc show the operations, and the browser has nothing
// to complain of.
func TestTheDocumentationRendersUnderTheStrictPolicy(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	require.Equal(t, "strict", p.Config.CSPMode)
	for path, shown := range map[string]string{
		"/docs": `.swagger-ui .opblock`, "/redoc": `[data-section-id], .api-content`, "/docs/ws": `#log-in`,
	} {
		require.NoError(t, chromedp.Do(tab, chromedp.Navigate(p.URL+path), chromedp.WaitReady(shown)), path)
	}
}

var newPicture = flag.Bool("picture", false, "take the picture of /docs in the README anew; look at it before you commit it")

// TestThePictureOfTheDocumentation: the page shows every operation, and the README a picture of it, which -picture takes:
// go test ./e2e -run ThePicture -picture.
func TestThePictureOfTheDocumentation(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	const width, height = 1200, 720
	require.NoError(t, chromedp.Do(tab, chromedp.EmulateViewport(width, height), chromedp.Navigate(p.URL+"/docs"),
		chromedp.WaitReady(`.swagger-ui .opblock`)))
	shown, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.querySelectorAll(".swagger-ui .opblock").length`))
	require.NoError(t, err)
	require.Len(t, p.Operations(), shown)
	taken, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	const path = "../docs/images/docs.png"
	if *newPicture {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, taken, 0o600))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Less(t, len(kept), 200<<10, "bytes")
	for _, picture := range [][]byte{taken, kept} {
		of, err := png.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, []int{width, height}, []int{of.Width, of.Height})
	}
}
