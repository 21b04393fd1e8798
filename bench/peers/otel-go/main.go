// otel-go: the common workload on the OpenTelemetry Go SDK. Build: go build
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const (
	turns      = 10
	perCall    = 1 + 4*turns
	burstCalls = 25
	queue      = 65536
	batch      = 512
	warmUp     = 20_500
	sampled    = 205_000

	callID         = attribute.Key("getpatter.call.id")
	callDirection  = attribute.Key("getpatter.call.direction")
	callMode       = attribute.Key("getpatter.call.provider_mode")
	sttTextLen     = attribute.Key("getpatter.stt.text_len")
	sttConfidence  = attribute.Key("getpatter.stt.confidence")
	llmIteration   = attribute.Key("getpatter.llm.iteration")
	llmHistorySize = attribute.Key("getpatter.llm.history_size")
	llmTtftMs      = attribute.Key("getpatter.llm.ttft_ms")
	ttsTextLen     = attribute.Key("getpatter.tts.text_len")
	toolName       = attribute.Key("getpatter.tool.name")
	toolTransport  = attribute.Key("getpatter.tool.transport")
)

// random makes call ids cheaply, so that they cost every peer the same.
type random uint64

func (r *random) next() uint64 {
	x := uint64(*r)
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = random(x)
	return x
}

// hexDigits writes the eight hex digits of a number below 2^32.
func hexDigits(to []byte, value uint64) {
	const ones = 0x0101010101010101
	nibbles := (value<<16 | value) & 0x0000ffff0000ffff
	nibbles = (nibbles<<8 | nibbles) & 0x00ff00ff00ff00ff
	nibbles = (nibbles<<4 | nibbles) & 0x0f0f0f0f0f0f0f0f
	letters := (nibbles + 6*ones) >> 4 & ones
	binary.BigEndian.PutUint64(to, nibbles+'0'*ones+letters*('a'-'0'-10))
}

func (r *random) uuid() string {
	high, low := r.next()&^0xf000|0x4000, r.next()&^(3<<62)|2<<62
	var digits [32]byte
	hexDigits(digits[0:8], high>>32)
	hexDigits(digits[8:16], high&0xffffffff)
	hexDigits(digits[16:24], low>>32)
	hexDigits(digits[24:32], low&0xffffffff)
	var text [36]byte
	copy(text[0:8], digits[0:8])
	copy(text[9:13], digits[8:12])
	copy(text[14:18], digits[12:16])
	copy(text[19:23], digits[16:20])
	copy(text[24:36], digits[20:32])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// samples takes the durations of single spans; nil takes none.
type samples struct{ ns []int64 }

func (s *samples) begin() (t time.Time) {
	if s != nil {
		t = time.Now()
	}
	return
}

func (s *samples) end(begin time.Time) {
	if s != nil {
		s.ns = append(s.ns, int64(time.Since(begin)))
	}
}

// call sets attributes after the start and only where the span records: the fastest way measured, on and off.
func call(tracer trace.Tracer, id string, first int, s *samples) {
	ctx, root := tracer.Start(context.Background(), "getpatter.call")
	if root.IsRecording() {
		root.SetAttributes(callID.String(id), callDirection.String("inbound"), callMode.String("pipeline"))
	}
	for i := first; i < first+turns; i++ {
		begin := s.begin()
		_, span := tracer.Start(ctx, "getpatter.stt")
		if span.IsRecording() {
			span.SetAttributes(callID.String(id), sttTextLen.Int(20+i&127), sttConfidence.Float64(0.5+float64(i&63)*0.0078125))
		}
		span.End()
		s.end(begin)
		begin = s.begin()
		_, span = tracer.Start(ctx, "getpatter.llm")
		if span.IsRecording() {
			span.SetAttributes(callID.String(id), llmIteration.Int(i&7), llmHistorySize.Int(i&31), llmTtftMs.Float64(180+float64(i&255)*0.25))
		}
		span.End()
		s.end(begin)
		begin = s.begin()
		_, span = tracer.Start(ctx, "getpatter.tts")
		if span.IsRecording() {
			span.SetAttributes(callID.String(id), ttsTextLen.Int(40+i&127))
		}
		span.End()
		s.end(begin)
		begin = s.begin()
		_, span = tracer.Start(ctx, "getpatter.tool")
		if span.IsRecording() {
			span.SetAttributes(callID.String(id), toolName.String("lookup_order"), toolTransport.String("webhook"))
		}
		span.End()
		s.end(begin)
	}
	root.End()
}

// discard receives each batch and drops it.
type discard struct{ exported atomic.Int64 }

func (d *discard) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	d.exported.Add(int64(len(spans)))
	return nil
}
func (d *discard) Shutdown(context.Context) error { return nil }

// counting passes batches on and counts what the receiver acknowledged.
type counting struct {
	sdktrace.SpanExporter
	exported atomic.Int64
}

func (c *counting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		c.exported.Add(int64(len(spans)))
	}
	return err
}

func usage() (cpuNs, maxRssKb int64) {
	var r syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return r.Utime.Nano() + r.Stime.Nano(), r.Maxrss
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "otel-go:", err)
		os.Exit(1)
	}
}

func round(x float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(x*p) / p
}

func provider(exporter sdktrace.SpanExporter, options ...sdktrace.BatchSpanProcessorOption) *sdktrace.TracerProvider {
	options = append(options, sdktrace.WithMaxQueueSize(queue), sdktrace.WithMaxExportBatchSize(batch))
	return sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "bench"))),
		sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(exporter, options...)))
}

func disabled(out map[string]any, spans int) {
	otel.SetTracerProvider(noop.NewTracerProvider())
	tracer := otel.Tracer("bench")
	r := random(0x9E3779B97F4A7C15)
	calls := (spans + perCall - 1) / perCall
	for i := range calls / 10 {
		call(tracer, r.uuid(), i, nil)
	}
	begin := time.Now()
	for i := range calls {
		call(tracer, r.uuid(), i, nil)
	}
	out["spans"] = calls * perCall
	out["ns_per_span"] = round(float64(time.Since(begin))/float64(calls*perCall), 2)
}

type bursts struct {
	spans int
	busy  time.Duration
	each  []int64
	samples
}

// makeBursts times each burst; the flush between two is not timed.
func makeBursts(provider *sdktrace.TracerProvider, tracer trace.Tracer, seed, least int, sample bool) (made bursts) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := random(0x9E3779B97F4A7C15 ^ uint64(seed)<<32)
	var s *samples
	if sample {
		s = &made.samples
		s.ns = make([]int64, 0, least+burstCalls*perCall)
	}
	for i := 0; made.spans < least; made.spans += burstCalls * perCall {
		begin := time.Now()
		for range burstCalls {
			call(tracer, r.uuid(), i, s)
			i++
		}
		took := time.Since(begin)
		made.busy += took
		made.each = append(made.each, int64(took))
		must(provider.ForceFlush(context.Background()))
	}
	return
}

func record(out map[string]any, spans, threads int) {
	d := &discard{}
	provider := provider(d)
	tracer := provider.Tracer("bench")
	run := func(least int, sample bool) (all bursts) {
		var wait sync.WaitGroup
		var lock sync.Mutex
		for i := range threads {
			wait.Go(func() {
				one := makeBursts(provider, tracer, i+1, least, sample)
				lock.Lock()
				defer lock.Unlock()
				all.spans += one.spans
				all.busy += one.busy
				all.each = append(all.each, one.each...)
				all.ns = append(all.ns, one.ns...)
			})
		}
		wait.Wait()
		return
	}
	run(min(spans, warmUp), false)
	d.exported.Store(0)
	cpuBegin, _ := usage()
	timed := run(spans, false)
	exported := d.exported.Load()
	cpuEnd, maxRss := usage()
	single := run(min(spans, sampled), true).ns
	slices.Sort(timed.each)
	slices.Sort(single)
	out["threads"] = threads
	out["spans"] = timed.spans
	out["exported"] = exported
	out["dropped"] = int64(timed.spans) - exported
	out["ns_per_span"] = round(float64(timed.busy)/float64(timed.spans), 1)
	out["p50_ns"] = single[len(single)/2]
	out["p99_ns"] = single[len(single)*99/100]
	out["burst_p50_ns_per_span"] = round(float64(timed.each[len(timed.each)/2])/(burstCalls*perCall), 1)
	out["burst_min_ns_per_span"] = round(float64(timed.each[0])/(burstCalls*perCall), 1)
	out["cpu_ns_per_span"] = round(float64(cpuEnd-cpuBegin)/float64(timed.spans), 1)
	out["max_rss_kb"] = maxRss
}

func exporter(grpc bool, endpoint string, gzip bool) (sdktrace.SpanExporter, error) {
	if grpc {
		options := []otlptracegrpc.Option{otlptracegrpc.WithEndpointURL(endpoint), otlptracegrpc.WithInsecure()}
		if gzip {
			options = append(options, otlptracegrpc.WithCompressor("gzip"))
		}
		return otlptracegrpc.New(context.Background(), options...)
	}
	options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(endpoint + "/v1/traces"), otlptracehttp.WithInsecure()}
	if gzip {
		options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	return otlptracehttp.New(context.Background(), options...)
}

// export makes calls without loss: the processor blocks while its queue is full.
func export(out map[string]any, spans int, e sdktrace.SpanExporter) {
	c := &counting{SpanExporter: e}
	provider := provider(c, sdktrace.WithBlocking())
	tracer := provider.Tracer("bench")
	r := random(0x9E3779B97F4A7C15)
	cpuBegin, _ := usage()
	begin := time.Now()
	made := 0
	for made < spans {
		call(tracer, r.uuid(), made/perCall, nil)
		made += perCall
	}
	must(provider.ForceFlush(context.Background()))
	wall := time.Since(begin)
	cpuEnd, maxRss := usage()
	must(provider.Shutdown(context.Background()))
	out["spans"] = made
	out["exported"] = c.exported.Load()
	out["dropped"] = int64(made) - c.exported.Load()
	out["wall_s"] = round(wall.Seconds(), 4)
	out["spans_per_s"] = math.Round(float64(made) / wall.Seconds())
	out["cpu_us_per_span"] = round(float64(cpuEnd-cpuBegin)/1e3/float64(made), 3)
	out["max_rss_kb"] = maxRss
}

func main() {
	if len(os.Args) < 2 {
		must(fmt.Errorf("usage: otel-go disabled|record|export-http|export-grpc [--spans N] [--threads N] [--endpoint URL] [--gzip]"))
	}
	mode := os.Args[1]
	flags := flag.NewFlagSet(mode, flag.ExitOnError)
	spans := flags.Int("spans", 1_000_000, "")
	threads := flags.Int("threads", 1, "")
	endpoint := flags.String("endpoint", "", "")
	gzip := flags.Bool("gzip", false, "")
	must(flags.Parse(os.Args[2:]))
	out := map[string]any{"peer": "otel-go", "mode": mode}
	switch mode {
	case "disabled":
		disabled(out, *spans)
	case "record":
		record(out, *spans, *threads)
	case "export-http", "export-grpc":
		if *endpoint == "" {
			*endpoint = map[bool]string{false: "http://127.0.0.1:4318", true: "http://127.0.0.1:4317"}[mode == "export-grpc"]
		}
		e, err := exporter(mode == "export-grpc", *endpoint, *gzip)
		must(err)
		if *gzip {
			out["mode"] = mode + "-gzip"
		}
		export(out, *spans, e)
	default:
		must(fmt.Errorf("`%s` is no mode", mode))
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}
