// delay: a TCP proxy that holds every byte back by half of the round trip, each way, as a far receiver would.
// It does not narrow the line. Build: go build
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

type chunk struct {
	bytes []byte
	due   time.Time
}

// carry copies from one side to the other, each chunk when it is due.
func carry(to, from *net.TCPConn, delay time.Duration) {
	chunks := make(chan chunk, 4096)
	go func() {
		defer close(chunks)
		for {
			bytes := make([]byte, 64<<10)
			n, err := from.Read(bytes)
			if n > 0 {
				chunks <- chunk{bytes[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for c := range chunks {
		time.Sleep(time.Until(c.due))
		if _, err := to.Write(c.bytes); err != nil {
			_ = from.CloseRead()
			for range chunks {
			}
			break
		}
	}
	_ = to.CloseWrite()
}

func join(near net.Conn, address string, delay time.Duration) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		_ = near.Close()
		return
	}
	a, b := near.(*net.TCPConn), far.(*net.TCPConn)
	done := make(chan struct{})
	go func() { carry(b, a, delay); close(done) }()
	carry(a, b, delay)
	<-done
	_, _ = a.Close(), b.Close()
}

func main() {
	listen := flag.String("listen", "127.0.0.1:4328", "")
	to := flag.String("to", "127.0.0.1:4318", "")
	rtt := flag.Duration("rtt", 50*time.Millisecond, "round-trip time")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "delay ready", *listen, "to", *to, *rtt)
	for {
		near, err := listener.Accept()
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		go join(near, *to, *rtt/2)
	}
}
