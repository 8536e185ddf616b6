package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"fasttrack/adapters/keyring"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/clock"
)

func keysCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make and rotate the keys that sign tokens",
		Long: "Make and rotate the keys that sign tokens, in the file that JWT_SIGNING_KEYS names.\n" +
			"Running programs read it again every 30 seconds, and at once when they get SIGHUP.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("say what to do: generate, rotate or list")}
		},
	}
	cmd.AddCommand(keysGenerateCommand(env), keysRotateCommand(env), &cobra.Command{
		Use:   "list",
		Short: "List the keys and what each of them does",
		Args:  noArguments,
		RunE:  env.withConfig(keysList),
	})
	return cmd
}

func keysGenerateCommand(env environment) *cobra.Command {
	var after time.Duration
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make the file, with a first key",
		Long: "Make the file, with a first key. Until that signs, SECRET_KEY does; what it signed stays good.\n" +
			"Where several programs run, give them time to be restarted with the file: --after 1h.",
		Args: noArguments,
		RunE: env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			path, err := keysFile(cfg, after)
			if err != nil {
				return err
			}
			set, err := keyring.Generate(clock.System(), after)
			if err != nil {
				return err
			}
			if err := keyring.Create(cmd.Context(), path, set); err != nil {
				return err
			}
			return announceKey(cmd, set)
		}),
	}
	afterFlag(cmd, &after)
	return cmd
}

func keysRotateCommand(env environment) *cobra.Command {
	var after time.Duration
	var toSecret bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Add a key, which signs in a minute; the one before it then only verifies",
		Long: "Add a key. It signs in a minute, when every running program has read the file again. The key before it\n" +
			"then verifies what it signed until the longest token has expired, and is forgotten by a later rotation.",
		Args: noArguments,
		RunE: env.withConfig(func(cmd *cobra.Command, cfg *config.Config) error {
			path, err := keysFile(cfg, after)
			if err != nil {
				return err
			}
			set, err := keyring.Update(cmd.Context(), path, func(s keyring.Set) (keyring.Set, error) {
				if toSecret {
					return s.Leave(clock.System(), after, bootstrap.TokenLife(cfg))
				}
				return s.Rotate(clock.System(), after, bootstrap.TokenLife(cfg))
			})
			if err != nil {
				return err
			}
			return announceKey(cmd, set)
		}),
	}
	afterFlag(cmd, &after)
	cmd.Flags().BoolVar(&toSecret, "to-secret-key", false, "have SECRET_KEY sign again, on the way back to no file at all")
	return cmd
}

func afterFlag(cmd *cobra.Command, after *time.Duration) {
	cmd.Flags().DurationVar(after, "after", keyring.PublishFor, "when the key begins to sign, from now; at least a minute")
}

// keysFile returns the path of the file.
func keysFile(cfg *config.Config, after time.Duration) (string, error) {
	switch {
	case cfg.JWTSigningKeys == "":
		return "", errors.New("set JWT_SIGNING_KEYS to the path of the file of keys")
	case after < keyring.PublishFor:
		return "", usageError{fmt.Errorf("--after must be %s at least, since programs read the file every %s",
			keyring.PublishFor, keyring.ReadEvery)}
	}
	return cfg.JWTSigningKeys, nil
}

func announceKey(cmd *cobra.Command, set keyring.Set) error {
	keys := set.Keys()
	newest := keys[len(keys)-1]
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s signs from %s on\n", newest.ID, newest.SignsFrom.Format(time.RFC3339))
	return err
}

func keysList(cmd *cobra.Command, cfg *config.Config) error {
	path, err := keysFile(cfg, keyring.PublishFor)
	if err != nil {
		return err
	}
	set, err := keyring.Read(path)
	if err != nil {
		return err
	}
	now, life := clock.System(), bootstrap.TokenLife(cfg)
	for _, k := range set.Keys() {
		retired := "-"
		if k.RetiredAt != nil {
			retired = k.RetiredAt.Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-43s  %-5s  %-9s  signs from %s  retired %s\n",
			k.ID, k.Algorithm, set.State(k, now, life), k.SignsFrom.Format(time.RFC3339), retired); err != nil {
			return err
		}
	}
	return nil
}
