package pgserver

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Both sources give a superuser on a server that is quick to start and gone when it is stopped.
func TestAServerStartsAndStops(t *testing.T) {
	for _, source := range []string{"docker", "local"} {
		t.Run(source, func(t *testing.T) {
			t.Setenv("TEST_POSTGRES", source)
			t.Setenv("REQUIRE_DOCKER", "") // it would refuse the other source
			server, err := Start(t.Context())
			if errors.Is(err, ErrNone) && os.Getenv("REQUIRE_POSTGRES") != "1" {
				t.Skip(err)
			}
			require.NoError(t, err)
			conn, err := pgx.Connect(t.Context(), server.URL)
			require.NoError(t, err)
			var super, fsync string
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting('is_superuser'), current_setting('fsync')").
				Scan(&super, &fsync))
			require.Equal(t, []string{"on", "off"}, []string{super, fsync})
			require.NoError(t, conn.Close(t.Context()))
			require.NoError(t, server.Stop())
			_, err = pgx.Connect(context.Background(), server.URL)
			require.Error(t, err)
		})
	}
}

func TestNoSourceIsSaidSo(t *testing.T) {
	t.Setenv("TEST_POSTGRES", "none")
	t.Setenv("REQUIRE_DOCKER", "")
	t.Setenv("REQUIRE_POSTGRES", "")
	_, err := Start(t.Context())
	require.ErrorIs(t, err, ErrNone)
	t.Setenv("REQUIRE_DOCKER", "1")
	_, err = Start(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrNone)
}
