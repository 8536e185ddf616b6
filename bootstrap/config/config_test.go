package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/bootstrap/config"
)

const strong = "kX9v2mQ7rT4yZ1bN6cW8eH3jL5pS0dF-aGuIoYtR"

func parse(t *testing.T, pairs ...string) *config.Config {
	t.Helper()
	c, err := config.Parse(environment(pairs))
	require.NoError(t, err)
	return c
}

func environment(pairs []string) map[string]string {
	given := map[string]string{}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		given[key] = value
	}
	return given
}

func TestNothingNeedsToBeSet(t *testing.T) {
	t.Parallel()
	c := parse(t)
	require.Equal(t, "sqlite://data/fasttrack.db", c.DatabaseURL)
	require.Equal(t, ":8000", c.Addr)
	require.True(t, *c.AutoMigrate)
	require.Zero(t, *c.DrainDelay)
	require.Equal(t, "text", c.LogFormat)
	require.Equal(t, config.Origins{"http://localhost:3000", "http://localhost:5173"}, c.CORSOrigins)
}

func TestProductionHasOtherDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, "ENVIRONMENT=production", "SECRET_KEY="+strong)
	require.False(t, *c.AutoMigrate)
	require.Equal(t, 5*time.Second, *c.DrainDelay)
	require.Equal(t, "json", c.LogFormat)
	require.Empty(t, c.CORSOrigins)
}

// TestProductionNamesEverythingThatIsWeakAtOnce: an operator mends all of it in one go.
func TestProductionNamesEverythingThatIsWeakAtOnce(t *testing.T) {
	t.Parallel()
	weak := map[string]string{
		"SECRET_KEY": "changeme", "CORS_ORIGINS": "*", "ARGON2_ITERATIONS": "1", "TRUSTED_PROXIES": "::/0",
		"REDIS_URL": "redis", "APP_URL": "http://app.example.com", "SMTP_URL": "smtp://u:p@mail?tls=opportunistic",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "collector", "METRICS_ADDR": "9090", "PASSWORD_MIN_LENGTH": "4",
	}
	given := map[string]string{"ENVIRONMENT": config.Production}
	for key, value := range weak {
		given[key] = value
	}
	_, err := config.Parse(given)
	for key := range weak {
		require.ErrorContains(t, err, key)
	}
	require.NotContains(t, err.Error(), "u:p@")
}

// What production allows and should be meant is said; in development nobody wants to hear it.
func TestProductionSaysWhichProtectionIsOff(t *testing.T) {
	t.Parallel()
	off := []string{"RATE_LIMIT_ENABLED=false", "LOGIN_THROTTLE=false", "CSP_MODE=disabled"}
	require.Empty(t, parse(t, off...).Warnings())
	production := []string{"ENVIRONMENT=production", "SECRET_KEY=" + strong}
	require.Empty(t, parse(t, production...).Warnings())
	warnings := parse(t, append(off, production...)...).Warnings()
	require.Len(t, warnings, len(off))
	for i, setting := range off {
		require.Contains(t, warnings[i], setting+": ")
	}
}

func TestSettingsThatDependOnEachOther(t *testing.T) {
	t.Parallel()
	require.Equal(t, ":9001", parse(t, "PORT=9001").Addr)
	require.Equal(t, ":9000", parse(t, "PORT=9001", "ADDR=:9000").Addr)
	c := parse(t, "POSTGRES_HOST=db", "POSTGRES_USER=ann", "POSTGRES_PASSWORD=p@ss/word", "POSTGRES_DB=app", "SECRET_KEY="+strong)
	require.Equal(t, "postgres://ann:p%40ss%2Fword@db:5432/app", c.DatabaseURL)
	require.True(t, c.IsPostgres())
	require.Equal(t, config.Origins{"http://a", "http://b"}, parse(t, `CORS_ORIGINS=["http://a", "http://b"]`).CORSOrigins)
	require.Equal(t, config.Origins{"http://a", "http://b"}, parse(t, `CORS_ORIGINS=http://a, http://b,`).CORSOrigins)
}

func TestEveryProblemIsNamedOnceInOneMessage(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"ENVIRONMENT must be development or production":  {"ENVIRONMENT=staging"},
		"ADDR must be host:port":                         {"ADDR=8000"},
		"ADDR must be host:port or :port":                {"ADDR=:80000"},
		"DATABASE_URL must begin with":                   {"DATABASE_URL=mysql://x"},
		"DATABASE_URL must name a file":                  {"DATABASE_URL=sqlite://"},
		"DATABASE_URL is not a URL":                      {"DATABASE_URL=sqlite://[x"},
		"DB_MAX_OPEN_CONNS must be a whole number":       {"DB_MAX_OPEN_CONNS=many"},
		"DB_MAX_OPEN_CONNS must be at least 2":           {"DB_MAX_OPEN_CONNS=1", "DB_MIN_IDLE_CONNS=0"},
		"DB_MIN_IDLE_CONNS must be":                      {"DB_MIN_IDLE_CONNS=21"},
		"DB_ACQUIRE_TIMEOUT must be a duration":          {"DB_ACQUIRE_TIMEOUT=2"},
		"DB_CONN_MAX_LIFETIME must be longer than 0":     {"DB_CONN_MAX_LIFETIME=0s"},
		"AUTO_MIGRATE must be true or false":             {"AUTO_MIGRATE=perhaps"},
		"SECRET_KEY is required in production":           {"ENVIRONMENT=production"},
		"SECRET_KEY is required with PostgreSQL":         {"DATABASE_URL=postgres://h/d"},
		"SECRET_KEY must have at least 32 bytes":         {"ENVIRONMENT=production", "SECRET_KEY=kX9v2mQ7rT4y"},
		"SECRET_KEY must not be a default":               {"ENVIRONMENT=production", "SECRET_KEY=change-me-" + strong},
		"SECRET_KEY must not be a default or an example": {"ENVIRONMENT=production", "SECRET_KEY=" + strings.Repeat("ab", 20)},
		"ACCESS_TOKEN_EXPIRE_MINUTES must be between":    {"ACCESS_TOKEN_EXPIRE_MINUTES=0"},
		"REFRESH_TOKEN_EXPIRE_DAYS must be between":      {"REFRESH_TOKEN_EXPIRE_DAYS=999"},
		"REFRESH_REUSE_GRACE must be between":            {"REFRESH_REUSE_GRACE=2m"},
		"PASSWORD_MIN_LENGTH must be between":            {"PASSWORD_MIN_LENGTH=7"},
		"ARGON2_MEMORY_KIB must be between":              {"ARGON2_MEMORY_KIB=1"},
		"ARGON2_ITERATIONS must be at least":             {"ARGON2_ITERATIONS=0"},
		"ARGON2_PARALLELISM must be at least":            {"ARGON2_PARALLELISM=0"},
		"ARGON2_ITERATIONS are too cheap":                {"ENVIRONMENT=production", "SECRET_KEY=" + strong, "ARGON2_MEMORY_KIB=64"},
		"are too cheap for production":                   {"ENVIRONMENT=production", "SECRET_KEY=" + strong, "ARGON2_ITERATIONS=1"},
		"APP_URL must begin with https://":               {"ENVIRONMENT=production", "SECRET_KEY=" + strong, "APP_URL=http://a"},
		"SMTP_URL must not have tls=opportunistic": {
			"ENVIRONMENT=production", "SECRET_KEY=" + strong, "SMTP_URL=smtp://u:p@mail:25?tls=opportunistic",
		},
		"must be set together":                          {"FIRST_SUPERUSER_EMAIL=a@b.c"},
		"CORS_ORIGINS must not hold a *":                {"ENVIRONMENT=production", "SECRET_KEY=" + strong, "CORS_ORIGINS=https://*"},
		"CORS_ORIGINS must hold origins":                {"CORS_ORIGINS=app.example.com"},
		"CSP_MODE must be":                              {"CSP_MODE=lax"},
		"MAX_BODY_BYTES must be at least":               {"MAX_BODY_BYTES=10"},
		"REQUEST_TIMEOUT must be longer":                {"REQUEST_TIMEOUT=-1s"},
		"DRAIN_DELAY must not be negative":              {"DRAIN_DELAY=-1s"},
		"SHUTDOWN_TIMEOUT must be longer":               {"SHUTDOWN_TIMEOUT=0s"},
		"WS_PING_INTERVAL must be at least":             {"WS_PING_INTERVAL=1ms"},
		"WS_MAX_PER_USER must be at least":              {"WS_MAX_PER_USER=0"},
		"WS_SEND_BUFFER must be at least":               {"WS_SEND_BUFFER=1"},
		"SMTP_URL must be like":                         {"SMTP_URL=mail.example.com"},
		"RATE_LIMIT_LOGIN must be a count and a window": {"RATE_LIMIT_LOGIN=10"},
		"RATE_LIMIT_WS must be a count and a window":    {"RATE_LIMIT_WS=0/1m"},
		"RATE_LIMIT_REFRESH must be a count and a":      {"RATE_LIMIT_REFRESH=1/1500ms"},
		"RATE_LIMIT_ENABLED must be true or false":      {"RATE_LIMIT_ENABLED=sometimes"},
		"TRUSTED_PROXIES must be a list of networks":    {"TRUSTED_PROXIES=10.0.0.0/8, proxy"},
		"TRUSTED_PROXIES must not hold 0.0.0.0/0":       {"TRUSTED_PROXIES=10.0.0.0/8,0.0.0.0/0"},
		"REDIS_URL must be like":                        {"REDIS_URL=localhost:6379"},
		"MAIL_FROM must be an address":                  {"MAIL_FROM=nobody"},
		"APP_URL must be the address":                   {"APP_URL=app.example.com"},
		"APP_URL must be the address of a":              {"APP_URL=https://app.example.com/#/"},
		"LOG_LEVEL must be":                             {"LOG_LEVEL=loud"},
		"LOG_FORMAT must be":                            {"LOG_FORMAT=xml"},
		"SECRET_KEY_FILE: open /does/not/exist":         {"SECRET_KEY_FILE=/does/not/exist"},
	}
	for want, given := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse(environment(given))
			var problems *config.Error
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems.Problems, 1)
			require.Contains(t, problems.Problems[0], want)
		})
	}
	_, err := config.Parse(environment([]string{"ENVIRONMENT=production", "CSP_MODE=lax", "DB_MAX_OPEN_CONNS=x"}))
	require.ErrorContains(t, err, "SECRET_KEY")
	require.ErrorContains(t, err, "CSP_MODE")
	require.ErrorContains(t, err, "DB_MAX_OPEN_CONNS")
}

func TestAProblemNeverRepeatsASecret(t *testing.T) {
	t.Parallel()
	_, err := config.Parse(environment([]string{
		"ENVIRONMENT=production", "SECRET_KEY=changeme-sesame", "DATABASE_URL=postgres://u:sesame@[h/d", "DB_MAX_OPEN_CONNS=sesame",
	}))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "sesame")
}

func TestAnyKeyMayComeFromAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(strong+"\n"), 0o600))
	require.Equal(t, strong, parse(t, "SECRET_KEY_FILE="+path).SecretKey)
	_, err := config.Parse(environment([]string{"SECRET_KEY=x", "SECRET_KEY_FILE=" + path}))
	require.ErrorContains(t, err, "both set")
}

func TestShowMasksSecrets(t *testing.T) {
	t.Parallel()
	shown := parse(t, "SECRET_KEY="+strong, "DATABASE_URL=postgres://ann:sesame@h/d?password=sesame&sslpassword=sesame",
		"FIRST_SUPERUSER_EMAIL=a@b.c", "FIRST_SUPERUSER_PASSWORD=sesame123").Show()
	require.NotContains(t, shown, strong)
	require.NotContains(t, shown, "sesame")
	require.Contains(t, shown, "SECRET_KEY=********\n")
	require.Contains(t, shown, "DATABASE_URL=postgres://ann:xxxxx@h/d?password=xxxxx&sslpassword=xxxxx\n")
	require.Contains(t, shown, "WS_PING_INTERVAL=30s\n")
	require.Contains(t, shown, "CORS_ORIGINS=http://localhost:3000,http://localhost:5173\n")
	require.Contains(t, shown, "AUTO_MIGRATE=true\n")
}

func TestTheExampleHasEveryKeyAndIsValid(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../.env.example")
	require.NoError(t, err)
	var pairs []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			pairs = append(pairs, line)
		}
	}
	given := environment(pairs)
	for field := range reflect.TypeFor[config.Config]().Fields() {
		require.Contains(t, given, field.Tag.Get("env"))
	}
	require.Len(t, given, reflect.TypeFor[config.Config]().NumField(), "the example has a key that does not exist")
	require.Equal(t, parse(t), parse(t, pairs...), "the example shows the defaults")
}

// load reads the configuration where there is a file .env with this content.
func load(t *testing.T, file string, environ ...string) (*config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(".env", []byte(file), 0o600))
	return config.Load(environ)
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(strong), 0o600))
	c, err := load(t, "# a comment\nCSP_MODE=relaxed\nLOG_LEVEL=warn\nADDR=:1\nSECRET_KEY=of-the-file\n",
		"ADDR=:2", "LOG_LEVEL=", "SECRET_KEY_FILE="+path)
	require.NoError(t, err)
	require.Equal(t, "relaxed", c.CSPMode)
	require.Equal(t, ":2", c.Addr)
	require.Equal(t, "warn", c.LogLevel, "an empty variable means that nothing was set")
	require.Equal(t, strong, c.SecretKey, "SECRET_KEY_FILE says it as well as SECRET_KEY")
}

func TestProductionReadsNoFile(t *testing.T) {
	c, err := load(t, "CSP_MODE=relaxed\n", "ENVIRONMENT=production", "SECRET_KEY="+strong)
	require.NoError(t, err)
	require.Equal(t, "strict", c.CSPMode)
}

func TestAFileThatCannotBeReadIsAProblemThatTellsNoSecret(t *testing.T) {
	for _, broken := range []string{"SECRET_KEY='sesame\n", "SECRET KEY sesame\nSECRET_KEY=sesame", "\x00sesame"} {
		_, err := load(t, broken)
		var problems *config.Error
		require.ErrorAs(t, err, &problems, broken)
		require.Equal(t, []string{".env must be made of lines like KEY=value"}, problems.Problems)
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir(".env", 0o700))
	_, err := config.Load(nil)
	require.ErrorContains(t, err, ".env: is a directory")
}

func TestNoFileIsNoProblem(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := config.Load(nil)
	require.NoError(t, err)
	require.Equal(t, ":8000", c.Addr)
}
