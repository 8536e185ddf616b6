// Clients writes the clients of the API: make clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/clients"
)

const into = "clients"

func main() {
	if err := write(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context) error {
	cfg, err := config.Parse(nil)
	if err != nil {
		return err
	}
	app, err := bootstrap.Describe(ctx, cfg)
	if err != nil {
		return err
	}
	document, _, err := app.OpenAPI()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	for language, write := range map[string]func(context.Context, []byte, string) error{
		"go": clients.WriteGo, "typescript": clients.WriteTypeScript,
	} {
		folder, err := filepath.Abs(filepath.Join(into, language))
		if err != nil {
			return err
		}
		switch err := write(ctx, document, folder); {
		case errors.Is(err, clients.ErrNoNode):
			fmt.Printf("%s is left out: %v\n", language, err)
		case err != nil:
			return err
		default:
			fmt.Println("wrote", filepath.Join(into, language))
		}
	}
	return nil
}
