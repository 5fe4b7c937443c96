// measure runs one program and writes what it took, as the kernel counted it, to a file:
// wall and CPU seconds and peak resident bytes of the process and those it waited for.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: measure FILE PROGRAM [ARGS…]")
		os.Exit(2)
	}
	command := exec.Command(os.Args[2], os.Args[3:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := command.Run()
	wall := time.Since(start)
	if command.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	out, _ := json.Marshal(map[string]any{
		"wall":   wall.Seconds(),
		"cpu":    (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(),
		"memory": usage.Maxrss * 1024,
		"code":   command.ProcessState.ExitCode(),
	})
	if err := os.WriteFile(os.Args[1], out, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
