// Package clients makes clients of the API out of its OpenAPI document: one in Go by oapi-codegen, and the types for
// TypeScript by openapi-typescript. Nothing that is made is kept in the repository; its tests make both anew and walk a
// journey with each.
//
//   - go: the module around the generated client, with what oapi-codegen is told, and the journey
//   - typescript: the journey, and what the compiler is told
//
// The generators are pinned, the one in .ci/tools/go.mod and the other in .ci/npm, where the linter of the document is
// as well.
package clients

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrNoNode is the error of what needs Node.js where there is none.
var ErrNoNode = errors.New("there are no node and npm in PATH")

// WriteGo writes the Go client into a folder, as a module of its own.
func WriteGo(ctx context.Context, document []byte, into string) error {
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	if err := os.CopyFS(into, os.DirFS(filepath.Join(root, "e2e/clients/go"))); err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	return withDocument(document, func(path string) error {
		_, err := run(ctx, root, "go", "tool", "-modfile="+filepath.Join(root, ".ci/tools/go.mod"), "oapi-codegen",
			"-config", "e2e/clients/go/oapi-codegen.yaml", "-o", filepath.Join(into, "client.gen.go"), path)
		return err
	})
}

// WriteTypeScript writes the types for TypeScript into a folder. Without Node.js it fails with [ErrNoNode].
func WriteTypeScript(ctx context.Context, document []byte, into string) error {
	modules, err := Modules(ctx)
	if err != nil {
		return err
	}
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	if err := os.CopyFS(into, os.DirFS(filepath.Join(root, "e2e/clients/typescript"))); err != nil {
		return fmt.Errorf("copy the journey: %w", err)
	}
	return withDocument(document, func(path string) error {
		_, err := run(ctx, into, "node", filepath.Join(modules, "openapi-typescript/bin/cli.js"), path, "-o", "fasttrack.ts")
		return err
	})
}

// Modules returns the node_modules of the pinned tools, which are installed if they are not there or not those of the
// lock file. Without Node.js it fails with [ErrNoNode].
func Modules(ctx context.Context) (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", ErrNoNode
		}
	}
	root, err := repository(ctx)
	if err != nil {
		return "", err
	}
	tools := filepath.Join(root, ".ci/npm")
	lock, err := os.ReadFile(filepath.Join(tools, "package-lock.json")) //nolint:gosec // a file of this repository
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	want, modules := hex.EncodeToString(sum[:]), filepath.Join(tools, "node_modules")
	lockFile := flock.New(modules + ".lock") // npm empties the folder that others may be about to use
	if _, err := lockFile.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for another installation: %w", err)
	}
	defer func() { _ = lockFile.Close() }()
	stamp := filepath.Join(modules, ".lock.sha256")
	if got, err := os.ReadFile(stamp); err == nil && string(got) == want { //nolint:gosec // a file of this repository
		return modules, nil
	}
	// Scripts are what packages would run while they are installed: none of these needs one.
	if _, err := run(ctx, tools, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return "", err
	}
	return modules, os.WriteFile(stamp, []byte(want), 0o600) //nolint:gosec // a file of this repository
}

// repository returns the folder of the main module.
func repository(ctx context.Context) (string, error) {
	out, err := run(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", "fasttrack")
	return strings.TrimSpace(out), err
}

// withDocument writes the document into a file for as long as it is used.
func withDocument(document []byte, use func(path string) error) error {
	dir, err := os.MkdirTemp("", "fasttrack-document-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "openapi.json")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		return err
	}
	return use(path)
}

// run runs a program in a folder and returns what it says; its error holds all of that.
func run(ctx context.Context, dir, program string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // names and paths of this package alone
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", program, strings.Join(arguments, " "), err, out)
	}
	return string(out), nil
}
