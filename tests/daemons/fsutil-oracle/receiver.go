package main

import (
	"context"

	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc"
)

// receiver stands where the daemon does: it collects STATs, and says FIN after the last.
type receiver struct {
	grpc.ServerStream // unused methods would panic, which is right
	ctx               context.Context
	stats             []stat
	ended             chan struct{}
}

func newReceiver(ctx context.Context) *receiver {
	return &receiver{ctx: ctx, stats: []stat{}, ended: make(chan struct{})}
}

func (r *receiver) Context() context.Context { return r.ctx }

// SendMsg is called by fsutil's sender, under its lock.
func (r *receiver) SendMsg(message any) error {
	packet := message.(*types.Packet)
	switch {
	case packet.Type == types.PACKET_ERR, packet.Type == types.PACKET_STAT && packet.Stat == nil:
		// The walk is over; its error, where there is one, comes back from DiffCopy itself.
		close(r.ended)
	case packet.Type == types.PACKET_STAT:
		converted, err := convert(packet.Stat)
		if err != nil {
			return err
		}
		r.stats = append(r.stats, converted)
	}
	return nil
}

func (r *receiver) RecvMsg(message any) error {
	<-r.ended
	message.(*types.Packet).Type = types.PACKET_FIN
	return nil
}

func (r *receiver) Send(packet *types.Packet) error { return r.SendMsg(packet) }

func (r *receiver) Recv() (*types.Packet, error) {
	packet := &types.Packet{}
	return packet, r.RecvMsg(packet)
}
