// Package config reads the settings of the program: environment variables and, in development, a .env file.
//
// Any key may also be given as KEY_FILE, the path of a file that holds the value. A value that cannot be used stops
// the start with one message that lists all problems. .env.example documents every key.
package config

import (
	"net/url"
	"time"

	"fasttrack/adapters/ratelimit"
)

// The environments.
const (
	Development = "development"
	Production  = "production"
)

// Config is every setting of the program. Times and sizes have been checked; see validate.go.
type Config struct {
	Environment string `env:"ENVIRONMENT" envDefault:"development"`

	Addr string `env:"ADDR"` // listen address; port 0 picks a free one
	Port string `env:"PORT"` // what hosting platforms give instead of ADDR

	DatabaseURL       string        `env:"DATABASE_URL" secret:"url"`
	PostgresUser      string        `env:"POSTGRES_USER"`
	PostgresPassword  string        `env:"POSTGRES_PASSWORD" secret:"yes"`
	PostgresHost      string        `env:"POSTGRES_HOST"`
	PostgresPort      string        `env:"POSTGRES_PORT" envDefault:"5432"`
	PostgresDB        string        `env:"POSTGRES_DB"`
	DBMaxOpenConns    int           `env:"DB_MAX_OPEN_CONNS" envDefault:"20"`
	DBMinIdleConns    int           `env:"DB_MIN_IDLE_CONNS" envDefault:"2"`
	DBConnMaxLifetime time.Duration `env:"DB_CONN_MAX_LIFETIME" envDefault:"1h"`
	DBAcquireTimeout  time.Duration `env:"DB_ACQUIRE_TIMEOUT" envDefault:"2s"`
	AutoMigrate       *bool         `env:"AUTO_MIGRATE"` // nil until Load: true in development

	SecretKey           string        `env:"SECRET_KEY" secret:"yes"`
	JWTSigningKeys      string        `env:"JWT_SIGNING_KEYS"`
	AccessTokenMinutes  int           `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"15"`
	RefreshTokenDays    int           `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"7"`
	RefreshReuseGrace   time.Duration `env:"REFRESH_REUSE_GRACE" envDefault:"10s"`
	PasswordMinLength   int           `env:"PASSWORD_MIN_LENGTH" envDefault:"8"`
	Argon2MemoryKiB     uint32        `env:"ARGON2_MEMORY_KIB" envDefault:"19456"`
	Argon2Iterations    uint32        `env:"ARGON2_ITERATIONS" envDefault:"2"`
	Argon2Parallelism   uint8         `env:"ARGON2_PARALLELISM" envDefault:"1"`
	LoginThrottle       bool          `env:"LOGIN_THROTTLE" envDefault:"true"`
	FirstSuperuserEmail string        `env:"FIRST_SUPERUSER_EMAIL"`
	FirstSuperuserPass  string        `env:"FIRST_SUPERUSER_PASSWORD" secret:"yes"`

	CORSOrigins Origins `env:"CORS_ORIGINS"`
	CSPMode     string  `env:"CSP_MODE" envDefault:"strict"`

	RateLimitEnabled       bool           `env:"RATE_LIMIT_ENABLED" envDefault:"true"`
	RateLimitDefault       ratelimit.Rate `env:"RATE_LIMIT_DEFAULT" envDefault:"600/1m"`
	RateLimitLogin         ratelimit.Rate `env:"RATE_LIMIT_LOGIN" envDefault:"10/1m"`
	RateLimitRegister      ratelimit.Rate `env:"RATE_LIMIT_REGISTER" envDefault:"10/1h"`
	RateLimitRefresh       ratelimit.Rate `env:"RATE_LIMIT_REFRESH" envDefault:"60/1m"`
	RateLimitPasswordReset ratelimit.Rate `env:"RATE_LIMIT_PASSWORD_RESET" envDefault:"5/1h"`
	RateLimitMembers       ratelimit.Rate `env:"RATE_LIMIT_MEMBERS" envDefault:"100/1h"`
	RateLimitWS            ratelimit.Rate `env:"RATE_LIMIT_WS" envDefault:"60/1m"`
	TrustedProxies         Networks       `env:"TRUSTED_PROXIES"`
	RedisURL               string         `env:"REDIS_URL" secret:"url"`

	MaxBodyBytes    int64          `env:"MAX_BODY_BYTES" envDefault:"1048576"`
	RequestTimeout  time.Duration  `env:"REQUEST_TIMEOUT" envDefault:"30s"`
	DrainDelay      *time.Duration `env:"DRAIN_DELAY"` // nil until Load: 0 in development, 5s in production
	ShutdownTimeout time.Duration  `env:"SHUTDOWN_TIMEOUT" envDefault:"20s"`

	WSPingInterval time.Duration `env:"WS_PING_INTERVAL" envDefault:"30s"`
	WSMaxPerUser   int           `env:"WS_MAX_PER_USER" envDefault:"20"`
	WSSendBuffer   int           `env:"WS_SEND_BUFFER" envDefault:"16"`

	NotificationRetention time.Duration `env:"NOTIFICATION_RETENTION" envDefault:"720h"`

	SMTPURL  string `env:"SMTP_URL" secret:"url"`
	MailFrom string `env:"MAIL_FROM" envDefault:"no-reply@localhost"`
	Outbox   string `env:"MAIL_OUTBOX" envDefault:"data/outbox"` // where mail goes without a server, in development
	AppURL   string `env:"APP_URL"`                              // that links in mails lead to; empty: they hold tokens

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat string `env:"LOG_FORMAT"` // empty until Load: text in development, json in production

	MetricsAddr  string `env:"METRICS_ADDR"` // empty: the metrics are on Addr
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" secret:"url"`
}

// IsProduction reports whether weak settings are refused.
func (c *Config) IsProduction() bool { return c.Environment == Production }

// complete fills in what depends on other settings.
func (c *Config) complete(given map[string]string) {
	production := c.IsProduction()
	if c.Addr == "" {
		c.Addr = ":8000"
		if c.Port != "" {
			c.Addr = ":" + c.Port
		}
	}
	if c.DatabaseURL == "" && c.PostgresHost != "" {
		c.DatabaseURL = (&url.URL{
			Scheme: "postgres",
			User:   url.UserPassword(c.PostgresUser, c.PostgresPassword),
			Host:   c.PostgresHost + ":" + c.PostgresPort,
			Path:   "/" + c.PostgresDB,
		}).String()
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite://data/fasttrack.db"
	}
	if c.AutoMigrate == nil {
		migrate := !production
		c.AutoMigrate = &migrate
	}
	if c.DrainDelay == nil {
		var delay time.Duration
		if production {
			delay = 5 * time.Second
		}
		c.DrainDelay = &delay
	}
	if c.LogFormat == "" {
		c.LogFormat = "text"
		if production {
			c.LogFormat = "json"
		}
	}
	if _, set := given["CORS_ORIGINS"]; !set && !production {
		c.CORSOrigins = Origins{"http://localhost:3000", "http://localhost:5173"}
	}
}
