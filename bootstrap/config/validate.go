package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"fasttrack/adapters/redis"
)

// minSecret is the least length of SECRET_KEY in bytes: as much as HS256's hash is wide (RFC 7518, section 3.2).
const minSecret = 32

// The cheapest of the parameters of argon2id that OWASP's password storage cheat sheet calls equally strong: 7 MiB, 5 times.
// The product of memory and iterations of all others is greater.
const (
	minArgon2Memory = 7 << 10
	minArgon2Work   = 5 * minArgon2Memory
)

// weakSecrets are values that stand in examples, ours among them.
var weakSecrets = []string{"change-me", "changeme", "secret", "your-secret-key", "replace-me"}

// problems says everything that is wrong, in the order of the keys' documentation.
func (c *Config) problems() []string {
	var all []string
	complain := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	positive := func(key string, d time.Duration) {
		complain(d <= 0, "%s must be longer than 0", key)
	}

	complain(c.Environment != Development && c.Environment != Production,
		"ENVIRONMENT must be development or production")
	complain(!isAddress(c.Addr), "ADDR must be host:port or :port")
	c.databaseProblems(complain)
	complain(c.DBMaxOpenConns < 2, "DB_MAX_OPEN_CONNS must be at least 2")
	complain(c.DBMinIdleConns < 0 || c.DBMinIdleConns > c.DBMaxOpenConns,
		"DB_MIN_IDLE_CONNS must be between 0 and DB_MAX_OPEN_CONNS")
	positive("DB_CONN_MAX_LIFETIME", c.DBConnMaxLifetime)
	positive("DB_ACQUIRE_TIMEOUT", c.DBAcquireTimeout)

	c.secretProblems(complain)
	complain(c.AccessTokenMinutes < 1 || c.AccessTokenMinutes > 24*60,
		"ACCESS_TOKEN_EXPIRE_MINUTES must be between 1 and 1440")
	complain(c.RefreshTokenDays < 1 || c.RefreshTokenDays > 365, "REFRESH_TOKEN_EXPIRE_DAYS must be between 1 and 365")
	complain(c.RefreshReuseGrace < 0 || c.RefreshReuseGrace > time.Minute,
		"REFRESH_REUSE_GRACE must be between 0s and 1m")
	complain(c.PasswordMinLength < 8 || c.PasswordMinLength > 128, "PASSWORD_MIN_LENGTH must be between 8 and 128")
	complain(c.Argon2MemoryKiB < 8*uint32(max(c.Argon2Parallelism, 1)) || c.Argon2MemoryKiB > 4<<20,
		"ARGON2_MEMORY_KIB must be between 8 per lane and 4194304")
	complain(c.IsProduction() && (c.Argon2MemoryKiB < minArgon2Memory ||
		uint64(c.Argon2MemoryKiB)*uint64(c.Argon2Iterations) < minArgon2Work),
		"ARGON2_MEMORY_KIB and ARGON2_ITERATIONS are too cheap for production: 19456 and 2, or 47104 and 1")
	complain(c.Argon2Iterations < 1, "ARGON2_ITERATIONS must be at least 1")
	complain(c.Argon2Parallelism < 1, "ARGON2_PARALLELISM must be at least 1")
	complain((c.FirstSuperuserEmail == "") != (c.FirstSuperuserPass == ""),
		"FIRST_SUPERUSER_EMAIL and FIRST_SUPERUSER_PASSWORD must be set together")

	c.originProblems(complain)
	complain(!slices.Contains([]string{"strict", "relaxed", "disabled"}, c.CSPMode),
		"CSP_MODE must be strict, relaxed or disabled")
	c.networkProblems(complain)
	complain(c.MaxBodyBytes < 1024, "MAX_BODY_BYTES must be at least 1024")
	positive("REQUEST_TIMEOUT", c.RequestTimeout)
	complain(*c.DrainDelay < 0, "DRAIN_DELAY must not be negative")
	positive("SHUTDOWN_TIMEOUT", c.ShutdownTimeout)
	complain(c.WSPingInterval < time.Second, "WS_PING_INTERVAL must be at least 1s")
	complain(c.WSMaxPerUser < 1, "WS_MAX_PER_USER must be at least 1")
	complain(c.WSSendBuffer < 16, "WS_SEND_BUFFER must be at least 16")
	complain(c.NotificationRetention < time.Minute, "NOTIFICATION_RETENTION must be at least 1m")
	c.mailProblems(complain)
	complain(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel),
		"LOG_LEVEL must be debug, info, warn or error")
	complain(c.MetricsAddr != "" && !isAddress(c.MetricsAddr), "METRICS_ADDR must be host:port or :port")
	u, err := url.Parse(c.OTLPEndpoint)
	complain(c.OTLPEndpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""),
		"OTEL_EXPORTER_OTLP_ENDPOINT must be like http://collector:4318")
	complain(c.LogFormat != "text" && c.LogFormat != "json", "LOG_FORMAT must be text or json")
	return all
}

// Warnings says what production allows but should be meant: each is a protection that is off. It is told at every start,
// and by doctor.
func (c *Config) Warnings() []string {
	var all []string
	warn := func(off bool, text string) {
		if off && c.IsProduction() {
			all = append(all, text)
		}
	}
	warn(!c.RateLimitEnabled, "RATE_LIMIT_ENABLED=false: requests are not limited here; a proxy must do it")
	warn(!c.LoginThrottle, "LOGIN_THROTTLE=false: passwords may be guessed as fast as one can; "+
		"nothing but the program knows which account is guessed at")
	warn(c.CSPMode == "disabled", "CSP_MODE=disabled: answers have no Content-Security-Policy; a proxy must set it")
	return all
}

type complainFunc func(bad bool, format string, args ...any)

func (c *Config) databaseProblems(complain complainFunc) {
	u, err := url.Parse(c.DatabaseURL)
	if err != nil {
		complain(true, "DATABASE_URL is not a URL")
		return
	}
	switch u.Scheme {
	case "sqlite":
		complain(u.Host+u.Path == "", "DATABASE_URL must name a file: sqlite://data/fasttrack.db")
	case "postgres", "postgresql":
	default:
		complain(true, "DATABASE_URL must begin with sqlite://, postgres:// or postgresql://")
	}
}

func (c *Config) secretProblems(complain complainFunc) {
	switch {
	case c.SecretKey == "" && c.IsProduction():
		complain(true, "SECRET_KEY is required in production: openssl rand -base64 48")
	case c.SecretKey == "" && c.IsPostgres():
		complain(true, "SECRET_KEY is required with PostgreSQL, since every node needs the same one: openssl rand -base64 48")
	case c.SecretKey == "":
	default:
		complain(c.IsProduction() && len(c.SecretKey) < minSecret, "SECRET_KEY must have at least %d bytes", minSecret)
		complain(c.IsProduction() && isWeak(c.SecretKey), "SECRET_KEY must not be a default or an example: openssl rand -base64 48")
	}
}

func (c *Config) originProblems(complain complainFunc) {
	for _, origin := range c.CORSOrigins {
		if strings.Contains(origin, "*") {
			complain(c.IsProduction(), "CORS_ORIGINS must not hold a * in production: name every origin")
			continue
		}
		u, err := url.Parse(origin)
		complain(err != nil || u.Scheme == "" || u.Host == "" || u.Path != "",
			"CORS_ORIGINS must hold origins such as https://app.example.com")
	}
}

func (c *Config) networkProblems(complain complainFunc) {
	for _, network := range c.TrustedProxies {
		complain(network.Bits() == 0, "TRUSTED_PROXIES must not hold %s: then anybody could give any address", network)
	}
	complain(c.RedisURL != "" && redis.Check(c.RedisURL) != nil,
		"REDIS_URL must be like redis://user:password@host:6379/0, or rediss:// with TLS")
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func (c *Config) mailProblems(complain complainFunc) {
	_, err := mail.ParseAddress(c.MailFrom)
	complain(err != nil, "MAIL_FROM must be an address such as fasttrack <no-reply@example.com>")
	u, err := url.Parse(c.AppURL)
	complain(c.AppURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(c.AppURL, "?#")),
		"APP_URL must be the address of a web application, such as https://app.example.com")
	complain(c.IsProduction() && err == nil && u.Scheme == "http",
		"APP_URL must begin with https:// in production, since links to it hold tokens")
	if c.SMTPURL == "" {
		return
	}
	u, err = url.Parse(c.SMTPURL)
	complain(err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "",
		"SMTP_URL must be like smtp://user:password@host:587")
	complain(c.IsProduction() && err == nil && u.User != nil && u.Query().Get("tls") == "opportunistic",
		"SMTP_URL must not have tls=opportunistic beside a password in production: it might be sent in the clear")
}

// isWeak finds example values and those made of very few characters.
func isWeak(secret string) bool {
	lower := strings.ToLower(secret)
	for _, weak := range weakSecrets {
		if strings.Contains(lower, weak) {
			return true
		}
	}
	distinct := map[rune]bool{}
	for _, r := range secret {
		distinct[r] = true
	}
	return len(distinct) < 10
}

// IsPostgres reports whether the database is PostgreSQL; otherwise it is the embedded one.
func (c *Config) IsPostgres() bool {
	return strings.HasPrefix(c.DatabaseURL, "postgres:") || strings.HasPrefix(c.DatabaseURL, "postgresql:")
}
