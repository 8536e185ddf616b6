package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/eventbus"
)

// describe wires the program without a configuration: what it is does not depend on where it runs.
func describe(ctx context.Context) (*bootstrap.App, error) {
	cfg, err := config.Parse(nil)
	if err != nil {
		return nil, err
	}
	return bootstrap.Describe(ctx, cfg)
}

func openapiCommand() *cobra.Command {
	var asYAML bool
	cmd := &cobra.Command{
		Use:   "openapi",
		Short: "Print the OpenAPI document, without a server",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, err := describe(cmd.Context())
			if err != nil {
				return err
			}
			document, yaml, err := app.OpenAPI()
			if err != nil {
				return err
			}
			if asYAML {
				document = yaml
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(string(document)))
			return err
		},
	}
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "print YAML instead of JSON")
	return cmd
}

func eventsCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Print who publishes which event, and who listens",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, err := describe(cmd.Context())
			if err != nil {
				return err
			}
			draw := map[string]func([]eventbus.Route) string{"text": table, "mermaid": bootstrap.Map}[form]
			if draw == nil {
				return fmt.Errorf("--format must be text or mermaid, not %q", form)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), draw(app.Routes()))
			return err
		},
	}
	cmd.Flags().StringVar(&form, "format", "text", "text, or mermaid: a map of the modules")
	return cmd
}

// table lists each event with its publisher, and below it who listens at which moment.
func table(routes []eventbus.Route) string {
	var out strings.Builder
	for _, r := range routes {
		fmt.Fprintf(&out, "%s (%s)\n", r.Event, r.Publisher)
		for _, moment := range []struct {
			when     string
			handlers []string
		}{{"in the transaction", r.Transaction}, {"before commit", r.BeforeCommit}, {"after commit", r.AfterCommit}} {
			for _, handler := range moment.handlers {
				fmt.Fprintf(&out, "  → %s, %s\n", handler, moment.when)
			}
		}
	}
	return out.String()
}
