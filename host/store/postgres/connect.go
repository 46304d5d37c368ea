package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// poolConfig reads the URL. The second result is the search_path in it.
func (o Options) poolConfig() (*pgxpool.Config, string, error) {
	if o.URL == "" {
		return nil, "", errors.New("it has no url")
	}
	c, err := pgxpool.ParseConfig(o.withFiles())
	if err != nil {
		return nil, "", o.masked(err)
	}
	c.MaxConns = int32(min(o.MaxConnections, 10_000))
	c.MaxConnLifetimeJitter = 5 * time.Minute
	c.PingTimeout = o.ConnectTimeout
	path := c.ConnConfig.RuntimeParams["search_path"]
	o.adjust(c.ConnConfig)
	return c, path, nil
}

func (o Options) adjust(c *pgx.ConnConfig) {
	c.ConnectTimeout = o.ConnectTimeout
	if c.ValidateConnect == nil {
		// Of several servers, and after one was promoted, only one can be written.
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "butlerd"
	}
	if o.Pooler {
		// A pooler refuses parameters that it does not know; they are set in each
		// transaction. A statement prepared in one is not there in the next.
		delete(c.RuntimeParams, "search_path")
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
		c.StatementCacheCapacity, c.DescriptionCacheCapacity = 0, 0
		return
	}
	for name, value := range o.settings() {
		c.RuntimeParams[name] = value
	}
}

// settings are what each transaction runs with.
func (o Options) settings() map[string]string {
	return map[string]string{
		"statement_timeout":                   milliseconds(o.StatementTimeout),
		"idle_in_transaction_session_timeout": milliseconds(o.idle()),
		"timezone":                            "UTC",
		// Every query finds its rows by a key. A plan that was made when a table was
		// small, and that reads all of it, would be kept for hours in which it grows.
		"enable_seqscan":   "off",
		"random_page_cost": "1.1",
		// It takes longer than any of the queries, and the costs of enable_seqscan
		// would bring it about.
		"jit": "off",
	}
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(1, d.Milliseconds()), 10)
}

// withFiles is the URL with the files for TLS in it.
func (o Options) withFiles() string {
	add := [][2]string{{"sslrootcert", o.RootCert}, {"sslcert", o.ClientCert}, {"sslkey", o.ClientKey}}
	if o.RootCert != "" && !strings.Contains(o.URL, "sslmode=") {
		add = append(add, [2]string{"sslmode", "verify-full"})
	}
	isURL := strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://")
	text := o.URL
	for _, pair := range add {
		switch {
		case pair[1] == "":
		case !isURL:
			text += " " + pair[0] + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(pair[1]) + "'"
		case strings.Contains(text, "?"):
			text += "&" + pair[0] + "=" + url.QueryEscape(pair[1])
		default:
			text += "?" + pair[0] + "=" + url.QueryEscape(pair[1])
		}
	}
	return text
}

// masked is what is wrong with the URL, without the URL. The driver's own text
// quotes it, and hides the password only as far as it can tell where that is.
func (o Options) masked(err error) error {
	for _, name := range []string{o.RootCert, o.ClientCert, o.ClientKey} {
		if name != "" && strings.Contains(err.Error(), name) {
			return fmt.Errorf("reading its TLS file %q failed", name)
		}
	}
	return errors.New("its url cannot be read; it should look like postgres://user:password@host:5432/database?sslmode=verify-full")
}
