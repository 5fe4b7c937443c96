package main

import (
	"context"
	"strconv"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
	"google.golang.org/grpc/metadata"
)

// A 64-bit number above 2^53 does not survive JSON.parse, and times in nanoseconds are above it.
type stat struct {
	Path     string            `json:"path"`
	Mode     uint32            `json:"mode"`
	UID      uint32            `json:"uid"`
	GID      uint32            `json:"gid"`
	Size     int64             `json:"size"`
	ModTime  string            `json:"modTime"`
	Linkname string            `json:"linkname"`
	Devmajor int64             `json:"devmajor"`
	Devminor int64             `json:"devminor"`
	Xattrs   map[string][]byte `json:"xattrs,omitempty"`
	Raw      []byte            `json:"raw"`
}

// contextFS is a local folder as BuildKit's and buildx's clients offer it: owners set to root.
func contextFS(root string) (fsutil.FS, error) {
	folder, err := fsutil.NewFS(root)
	if err != nil {
		return nil, err
	}
	return fsutil.NewFilterFS(folder, &fsutil.FilterOpt{
		Map: func(_ string, s *types.Stat) fsutil.MapResult {
			s.Uid, s.Gid = 0, 0
			return fsutil.MapResultKeep
		},
	})
}

// filter runs BuildKit's real file sync provider against a receiver that asks for no file. Going
// through the provider, not through a copy of its composition, keeps filters, hard link resets and
// the order of both exactly BuildKit's.
func filter(root string, include, exclude, followPaths []string) (any, error) {
	folder, err := contextFS(root)
	if err != nil {
		return nil, err
	}
	headers := metadata.MD{"dir-name": {"context"}}
	for key, values := range map[string][]string{
		"include-patterns": include, "exclude-patterns": exclude, "followpaths": followPaths,
	} {
		// An empty list puts no header on the wire.
		if len(values) > 0 {
			headers[key] = values
		}
	}
	provider := filesync.NewFSSyncProvider(filesync.StaticDirSource{"context": folder})
	receiver := newReceiver(metadata.NewIncomingContext(context.Background(), headers))
	if err := provider.(filesync.FileSyncServer).DiffCopy(receiver); err != nil {
		return nil, err
	}
	return map[string]any{"stats": receiver.stats}, nil
}

func follow(root string, paths []string) (any, error) {
	folder, err := contextFS(root)
	if err != nil {
		return nil, err
	}
	found, err := fsutil.FollowLinks(folder, paths)
	if err != nil {
		return nil, err
	}
	return map[string]any{"paths": found}, nil
}

func convert(s *types.Stat) (stat, error) {
	raw, err := s.MarshalVT()
	if err != nil {
		return stat{}, err
	}
	return stat{
		Path: s.Path, Mode: s.Mode, UID: s.Uid, GID: s.Gid, Size: s.Size,
		ModTime: strconv.FormatInt(s.ModTime, 10), Linkname: s.Linkname,
		Devmajor: s.Devmajor, Devminor: s.Devminor, Xattrs: s.Xattrs, Raw: raw,
	}, nil
}
