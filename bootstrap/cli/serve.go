package cli

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the API until told to stop",
		Args:  noArguments,
		RunE:  serve,
	}
}

var serve = withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
	ctx := cmd.Context()
	log := bootstrap.NewLogger(cmd.ErrOrStderr(), cfg)
	app, err := bootstrap.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	return app.Run(ctx, func(address net.Addr) {
		url := browsable(address)
		log.Info("serving", "address", address.String(), "version", bootstrap.Version(),
			"environment", cfg.Environment, "database", config.MaskURL(cfg.DatabaseURL), "docs", url+"/docs")
	})
})

// browsable returns a URL that works in a browser on this machine.
func browsable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return "http://" + address.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), bootstrap.Version())
			return err
		},
	}
}

func openapiCommand() *cobra.Command {
	var asYAML bool
	cmd := &cobra.Command{
		Use:   "openapi",
		Short: "Print the OpenAPI document, without a server",
		Args:  noArguments,
		RunE: withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			app, err := bootstrap.Describe(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			document, yaml, err := app.OpenAPI()
			if asYAML {
				document = yaml
			}
			_, writeErr := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(string(document)))
			return errors.Join(err, writeErr)
		}),
	}
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "print YAML instead of JSON")
	return cmd
}

func eventsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "events",
		Short: "Print who publishes which event, and who listens",
		Args:  noArguments,
		RunE: withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			app, err := bootstrap.Describe(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, r := range app.Routes() {
				if _, err := fmt.Fprintf(out, "%s (%s)\n", r.Event, r.Publisher); err != nil {
					return err
				}
				moments := []struct {
					when     string
					handlers []string
				}{{"in the transaction", r.Transaction}, {"before commit", r.BeforeCommit}, {"after commit", r.AfterCommit}}
				for _, m := range moments {
					for _, handler := range m.handlers {
						if _, err := fmt.Fprintf(out, "  → %s, %s\n", handler, m.when); err != nil {
							return err
						}
					}
				}
			}
			return nil
		}),
	}
}
