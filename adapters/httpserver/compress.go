package httpserver

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// minCompressed is the least size of a body that is compressed: what fits into one packet gains nothing.
const minCompressed = 1400

// compressed are the types of bodies that shrink. Event streams are none of them: they are flushed piece by piece.
var compressed = []string{
	"application/json", "application/problem+json", "application/openapi+json", "application/openapi+yaml",
	"text/html", "text/css", "text/javascript", "text/plain",
}

// compression is the layer, made once. It leaves an entity tag as it is: what is tagged is the resource.
var compression = sync.OnceValue(func() func(http.Handler) http.HandlerFunc {
	layer, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.ContentTypes(compressed),
	)
	if err != nil {
		panic(fmt.Errorf("httpserver: the options of compression: %w", err))
	}
	return layer
})

// compress compresses what a handler of a path answers, if the client takes it. Never an answer that holds a token:
// beside text that somebody else has chosen its compressed size would tell about it (BREACH). Sockets and streams do not
// pass here.
func compress(path string, handler http.Handler) http.Handler {
	if strings.Contains(path, "/auth/") || strings.HasSuffix(path, "/tickets") {
		return handler
	}
	layered := compression()(handler)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "" {
			w.Header().Add("Vary", "Accept-Encoding")
			handler.ServeHTTP(w, r)
			return
		}
		layered(w, r)
	})
}
