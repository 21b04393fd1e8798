// sink: counts the spans that it receives over OTLP/HTTP and OTLP/gRPC, and drops them.
// GET /stats tells the counts, POST /reset zeroes them. Build: go build
package main

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip"
)

// counts holds what one protocol has brought.
type counts struct{ requests, spans, bytes, malformed atomic.Int64 }

func (c *counts) add(message []byte) {
	spans, ok := countSpans(message)
	c.requests.Add(1)
	c.spans.Add(spans)
	c.bytes.Add(int64(len(message)))
	if !ok {
		c.malformed.Add(1)
	}
}

func (c *counts) stats() map[string]int64 {
	return map[string]int64{"requests": c.requests.Load(), "spans": c.spans.Load(), "bytes": c.bytes.Load(), "malformed": c.malformed.Load()}
}

func (c *counts) reset() {
	for _, count := range []*atomic.Int64{&c.requests, &c.spans, &c.bytes, &c.malformed} {
		count.Store(0)
	}
}

// eachField calls f with each length-delimited field that has the number wanted; false: not a protobuf message.
func eachField(message []byte, wanted uint64, f func([]byte) bool) bool {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return false
		}
		message = message[n:]
		var size uint64
		switch tag & 7 {
		case 0:
			_, n = binary.Uvarint(message)
			if n <= 0 {
				return false
			}
			size = uint64(n)
		case 1:
			size = 8
		case 2:
			size, n = binary.Uvarint(message)
			if n <= 0 {
				return false
			}
			message = message[n:]
		case 5:
			size = 4
		default:
			return false
		}
		if uint64(len(message)) < size || tag&7 == 2 && tag>>3 == wanted && !f(message[:size]) {
			return false
		}
		message = message[size:]
	}
	return true
}

// countSpans walks ExportTraceServiceRequest.resource_spans.scope_spans.spans.
func countSpans(request []byte) (spans int64, ok bool) {
	ok = eachField(request, 1, func(resourceSpans []byte) bool {
		return eachField(resourceSpans, 2, func(scopeSpans []byte) bool {
			return eachField(scopeSpans, 2, func([]byte) bool { spans++; return true })
		})
	})
	return
}

// raw takes messages as they are: a receiver that decoded them would take time from the sender's cores.
type raw struct{ bytes []byte }
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) { return v.(*raw).bytes, nil }
func (codec) Unmarshal(data []byte, v any) error {
	v.(*raw).bytes = append([]byte(nil), data...)
	return nil
}
func (codec) Name() string { return "proto" }

func serveGRPC(address string, c *counts) {
	encoding.RegisterCodec(codec{})
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64<<20), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		var message raw
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		c.add(message.bytes)
		return stream.SendMsg(&raw{})
	}))
	go func() { log.Fatal(server.Serve(listener)) }()
}

func receive(w http.ResponseWriter, r *http.Request, c *counts) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	message, err := io.ReadAll(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.add(message)
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
}

func main() {
	httpAddress := flag.String("http", "127.0.0.1:4318", "")
	grpcAddress := flag.String("grpc", "127.0.0.1:4317", "")
	flag.Parse()
	var overHTTP, overGRPC counts
	serveGRPC(*grpcAddress, &overGRPC)
	http.HandleFunc("/v1/traces", func(w http.ResponseWriter, r *http.Request) { receive(w, r, &overHTTP) })
	http.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"http": overHTTP.stats(), "grpc": overGRPC.stats()})
	})
	http.HandleFunc("POST /reset", func(http.ResponseWriter, *http.Request) {
		overHTTP.reset()
		overGRPC.reset()
	})
	listener, err := net.Listen("tcp", *httpAddress)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "sink ready", *httpAddress, *grpcAddress)
	log.Fatal(http.Serve(listener, nil))
}
