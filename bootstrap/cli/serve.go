package cli

import (
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
)

func serveCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the API until told to stop",
		Args:  noArguments,
		RunE:  env.withConfig(serve),
	}
}

func serve(cmd *cobra.Command, cfg *config.Config) error {
	ctx := cmd.Context()
	log := bootstrap.NewLogger(cmd.ErrOrStderr(), cfg)
	if err := bootstrap.AwaitDatabase(ctx, cfg, log); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop while it waited: that is no failure
		}
		return err
	}
	app, err := bootstrap.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	return app.Run(ctx, func(address net.Addr) {
		url := browsable(address)
		log.Info("serving", "address", address.String(), "version", bootstrap.Version(),
			"environment", cfg.Environment, "database", config.MaskURL(cfg.DatabaseURL), "docs", url+"/docs")
	})
}

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
