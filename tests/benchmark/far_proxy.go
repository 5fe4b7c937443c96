// far_proxy is a long, narrow link on one machine, as a process of its own:
//
//	far_proxy ADDRESS…
//
// It listens on one port of loopback for each ADDRESS, and writes the ports as a line of JSON. Each
// line that it reads is a JSON command, and gets one line of JSON as its answer:
//
//	{"rttMs":20,"mbit":50}   sets the link, and zeroes the counts; 0 Mbit/s means no limit
//	{"count":true}           writes what passed since then
//	{"prove":true}           sends bytes of its own through the link for two seconds
//
// All connections share one line in each direction. A chunk of bytes leaves the line after those
// before it, and arrives half a round trip later. A connection's first bytes wait one round trip,
// which TCP's handshake costs on a real link. The line's queue is as long as a round trip, with 256
// KiB besides: more is not read. TCP's slow start and loss are not imitated.
//
// Round trips are counted with a logical clock. A chunk of the client is one later than the latest
// chunk that the client had received, and likewise for the daemon. So the count is the longest chain
// of messages each of which may have waited for the one before. It can't exceed the elapsed time
// divided by the round trip, so that a long round trip shows what really waited.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// line is one direction of the link. Times are those of the monotonic clock.
type line struct {
	sync.Mutex
	free  time.Time
	bytes int64
}

// leave queues so many bytes, and returns when the last one has left.
func (l *line) leave(count int, rate float64, earliest time.Time) time.Time {
	l.Lock()
	defer l.Unlock()
	l.bytes += int64(count)
	now := time.Now()
	if now.Before(earliest) {
		now = earliest
	}
	if l.free.Before(now) {
		l.free = now
	}
	if rate > 0 {
		l.free = l.free.Add(time.Duration(float64(count) / rate * float64(time.Second)))
	}
	return l.free
}

func (l *line) passed() int64 {
	l.Lock()
	defer l.Unlock()
	return l.bytes
}

// link is what all connections share until it is set anew.
type link struct {
	delay    time.Duration // one way
	rate     float64       // bytes per second; 0 for no limit
	up, down line

	sync.Mutex
	connections int
	clientAt    int // the logical time of each side, in half round trips
	daemonAt    int
}

func (l *link) tick(at *int, to int) int {
	l.Lock()
	defer l.Unlock()
	if to > *at {
		*at = to
	}
	return *at
}

func (l *link) counts() map[string]any {
	l.Lock()
	defer l.Unlock()
	return map[string]any{
		"up": l.up.passed(), "down": l.down.passed(),
		"connections": l.connections, "roundTrips": float64(l.clientAt) / 2,
	}
}

var (
	current   = &link{}
	currentMu sync.Mutex
)

func now() *link {
	currentMu.Lock()
	defer currentMu.Unlock()
	return current
}

type chunk struct {
	bytes []byte
	due   time.Time
	at    int
}

func serve(client net.Conn, address string) {
	l := now()
	defer client.Close()
	accepted := time.Now()
	l.Lock()
	l.connections++
	began := l.clientAt + 2
	l.Unlock()
	daemon, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer daemon.Close()
	for _, side := range []net.Conn{client, daemon} {
		side.(*net.TCPConn).SetNoDelay(true)
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		pump(l, client, daemon, &l.up, accepted.Add(2*l.delay), began, &l.clientAt, &l.daemonAt)
	}()
	go func() {
		defer both.Done()
		pump(l, daemon, client, &l.down, accepted, 0, &l.daemonAt, &l.clientAt)
	}()
	both.Wait()
}

// pump passes one direction on. An end passes on as a half-close; a broken side breaks the other.
func pump(l *link, from, to net.Conn, line *line, earliest time.Time, began int, sent, got *int) {
	// The queue holds a round trip's bytes, in chunks of half a millisecond.
	size := 64 << 10
	if l.rate > 0 {
		size = min(max(int(l.rate/2000), 1500), size)
	}
	room := 64 << 20
	if l.rate > 0 {
		room = 256<<10 + int(l.rate*2*l.delay.Seconds())
	}
	queue := make(chan chunk, max(room/size, 4))
	broken := make(chan struct{})
	go func() {
		defer close(queue)
		for {
			buffer := make([]byte, size)
			count, err := from.Read(buffer)
			if count > 0 {
				at := max(l.tick(sent, 0), began) + 1
				due := line.leave(count, l.rate, earliest).Add(l.delay)
				select {
				case queue <- chunk{buffer[:count], due, at}:
				case <-broken:
					return
				}
			}
			if err != nil {
				if err != io.EOF {
					from.Close()
				}
				return
			}
		}
	}()
	defer close(broken)
	for c := range queue {
		if l.rate > 0 || l.delay > 0 {
			time.Sleep(time.Until(c.due))
		}
		l.tick(got, c.at)
		if _, err := to.Write(c.bytes); err != nil {
			from.Close()
			return
		}
	}
	if l.delay > 0 {
		time.Sleep(l.delay)
	}
	to.(*net.TCPConn).CloseWrite()
}

// prove returns the Mbit/s that pass up through the link in about two seconds.
func prove(port int, sink *int64, mu *sync.Mutex) float64 {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return 0
	}
	defer conn.Close()
	block := make([]byte, 64<<10)
	stop := time.Now().Add(3 * time.Second)
	go func() {
		for time.Now().Before(stop) {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}()
	read := func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return *sink
	}
	time.Sleep(time.Second)
	from, started := read(), time.Now()
	time.Sleep(2 * time.Second)
	return float64(read()-from) * 8 / 1e6 / time.Since(started).Seconds()
}

func main() {
	answer := json.NewEncoder(os.Stdout)
	listen := func(address string) int {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			for {
				client, err := listener.Accept()
				if err != nil {
					return
				}
				go serve(client, address)
			}
		}()
		return listener.Addr().(*net.TCPAddr).Port
	}
	var ports []int
	for _, address := range os.Args[1:] {
		ports = append(ports, listen(address))
	}
	var sunk int64
	var mu sync.Mutex
	sink, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		for {
			conn, err := sink.Accept()
			if err != nil {
				return
			}
			go func() {
				buffer := make([]byte, 256<<10)
				for {
					count, err := conn.Read(buffer)
					mu.Lock()
					sunk += int64(count)
					mu.Unlock()
					if err != nil {
						return
					}
				}
			}()
		}
	}()
	proving := listen(sink.Addr().String())
	answer.Encode(ports)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var command struct {
			RttMs, Mbit  float64
			Count, Prove bool
		}
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if command.Prove {
			answer.Encode(prove(proving, &sunk, &mu))
			continue
		}
		if command.Count {
			answer.Encode(now().counts())
			continue
		}
		currentMu.Lock()
		current = &link{
			delay: time.Duration(command.RttMs / 2 * float64(time.Millisecond)),
			rate:  command.Mbit * 1e6 / 8,
		}
		currentMu.Unlock()
		answer.Encode(true)
	}
}
