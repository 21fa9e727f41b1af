package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// places knows the channels: a thread is one, and only its own description says
// of which channel. What Discord tells when a session begins is not told again
// when another node resumes it, so what is not known is asked for.
type places struct {
	mutex    sync.Mutex
	channels map[string]channel
	guilds   map[string]guild // without their channels
}

// maxPlaces bounds what is remembered; beyond, all is forgotten and asked for.
const maxPlaces = 200_000

func newPlaces() *places {
	return &places{channels: map[string]channel{}, guilds: map[string]guild{}}
}

// learn takes in what a frame says of channels.
func (p *places) learn(f *frame) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch f.Type {
	case "GUILD_CREATE", "GUILD_UPDATE":
		var g guild
		if json.Unmarshal(f.Data, &g) == nil {
			p.add(g.ID, g.Channels)
			p.add(g.ID, g.Threads)
			g.Channels, g.Threads = nil, nil
			p.guilds[g.ID] = g
		}
	case "CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE":
		var c channel
		if json.Unmarshal(f.Data, &c) == nil {
			p.add(c.GuildID, []channel{c})
		}
	case "THREAD_LIST_SYNC":
		var list struct {
			GuildID string    `json:"guild_id"`
			Threads []channel `json:"threads"`
		}
		if json.Unmarshal(f.Data, &list) == nil {
			p.add(list.GuildID, list.Threads)
		}
	case "CHANNEL_DELETE", "THREAD_DELETE":
		var c channel
		if json.Unmarshal(f.Data, &c) == nil {
			delete(p.channels, c.ID)
		}
	}
}

func (p *places) add(guildID string, channels []channel) {
	if len(p.channels) > maxPlaces {
		clear(p.channels)
	}
	for _, c := range channels {
		c.GuildID = guildID
		p.channels[c.ID] = c
	}
}

// of is where a channel is, asked for if it is not known. One that nobody tells
// us of is a channel by itself.
func (p *places) of(ctx context.Context, client *client, id string) (place, error) {
	if id == "" {
		return place{}, nil
	}
	c, err := p.channel(ctx, client, id)
	if err != nil {
		switch platform.AsError(err).Code {
		case envelope.CodeNotFound, envelope.CodeForbidden, envelope.CodeInvalid:
			return place{channel: id}, nil
		}
		return place{}, err
	}
	in := place{channel: c.ID, name: c.Name, guild: c.GuildID}
	if c.isThread() && c.ParentID != "" {
		in.channel, in.thread = c.ParentID, c.ID
	}
	return in, nil
}

func (p *places) channel(ctx context.Context, client *client, id string) (channel, error) {
	p.mutex.Lock()
	c, known := p.channels[id]
	p.mutex.Unlock()
	if known {
		return c, nil
	}
	if err := client.read(ctx, http.MethodGet, "/channels/"+id, nil, &c); err != nil {
		return channel{}, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.add(c.GuildID, []channel{c})
	return c, nil
}

// hall is where a server greets who joins: the place of what happens to its
// members.
func (p *places) hall(ctx context.Context, client *client, guildID string) (place, error) {
	p.mutex.Lock()
	g, known := p.guilds[guildID]
	p.mutex.Unlock()
	if !known {
		if err := client.read(ctx, http.MethodGet, "/guilds/"+guildID, nil, &g); err != nil {
			if code := platform.AsError(err).Code; code == envelope.CodeNotFound || code == envelope.CodeForbidden {
				return place{guild: guildID}, nil
			}
			return place{}, err
		}
		g.Channels, g.Threads = nil, nil
		p.mutex.Lock()
		p.guilds[guildID] = g
		p.mutex.Unlock()
	}
	return place{channel: g.SystemChannel, name: g.Name, guild: guildID}, nil
}
