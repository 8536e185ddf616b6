package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"fasttrack/bootstrap/config"
)

// healthPatience is how long a server may take to say that it is ready.
const healthPatience = 2 * time.Second

func healthcheckCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Fail unless the server of this machine is ready, for the probes of containers",
		Long: "Asks /readyz of the server that runs with these settings on this machine, and fails unless it is ready to\n" +
			"serve. It is what the image's HEALTHCHECK runs.",
		Args: noArguments,
		RunE: env.withConfig(healthcheck),
	}
}

func healthcheck(cmd *cobra.Command, cfg *config.Config) error {
	url, err := ownURL(cfg.Addr)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	client := http.Client{Timeout: healthPatience}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer from %s: is the server running?", url)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 1024)) // what is left out of it does not matter
		return fmt.Errorf("%s is not ready: %s %s", url, answer.Status, said)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "ready")
	return err
}

// ownURL returns the address of a server of this machine that listens on an address such as :8000.
func ownURL(listens string) (string, error) {
	host, port, err := net.SplitHostPort(listens)
	switch {
	case err != nil:
		return "", fmt.Errorf("ADDR %q is not an address: %w", listens, err)
	case port == "0":
		return "", fmt.Errorf("ADDR %s lets the system choose a port, so there is none to ask: set a fixed one", listens)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
