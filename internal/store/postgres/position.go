package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pilotLimit bounds one question of a position, connecting included.
const pilotLimit = 2 * time.Second

// markLife is how long a mark is used. Its row is removed a day later.
const markLife = time.Hour

// position is how far the primary had come in its log. All that was acknowledged
// before it was asked for is before it.
type position struct {
	begun time.Time // when it was asked for
	lsn   string
	mark  string
}

// pilot asks the primary for its position. Those who ask meanwhile share the
// next answer, so that any number of readers cost the primary one small
// question at a time.
//
// Positions of different servers can look alike: one that was not told of a
// failover follows another log with the same numbers. So each session leaves a
// mark in the primary, a row with a random number, and only where the mark has
// arrived is a position's number believed.
type pilot struct {
	config  *pgconn.Config
	latest  atomic.Pointer[position]
	running sync.WaitGroup

	mu   sync.Mutex
	next *round // asked for, and not begun
	busy bool   // run runs

	pg       *pgconn.PgConn // run's own, as what follows
	mark     string
	markedAt time.Time
}

// round is a question that several wait for.
type round struct {
	done chan struct{} // closed once err is set
	err  error
}

// since returns once a position is known that was asked for at or after need.
func (p *pilot) since(ctx context.Context, need time.Time) error {
	if at := p.latest.Load(); at != nil && !at.begun.Before(need) {
		return nil
	}
	r := p.join()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pilot) join() *round {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == nil {
		p.next = &round{done: make(chan struct{})}
		if !p.busy {
			p.busy = true
			p.running.Go(p.run)
		}
	}
	return p.next
}

// begin takes the round that is due; nil where nobody waits any more.
func (p *pilot) begin() *round {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.next
	p.next = nil
	p.busy = r != nil
	return r
}

func (p *pilot) run() {
	for r := p.begin(); r != nil; r = p.begin() {
		if r.err = p.ask(); r.err != nil && p.pg != nil {
			p.drop()
		}
		close(r.done)
	}
}

func (p *pilot) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.pg.Close(ctx) // it is of no use any more, whatever this says
	p.pg = nil
}

// close waits for a question under way. Nobody may ask any more.
func (p *pilot) close() {
	p.running.Wait()
	if p.pg != nil {
		p.drop()
	}
}

func (p *pilot) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), pilotLimit)
	defer cancel()
	at := &position{begun: time.Now()}
	if p.pg == nil {
		pg, err := pgconn.ConnectConfig(ctx, p.config)
		if err != nil {
			return err
		}
		p.pg, p.mark = pg, ""
		if _, err := pg.Prepare(ctx, sqlPosition, sqlPosition, nil); err != nil {
			return err
		}
	}
	if p.mark == "" || time.Since(p.markedAt) > markLife {
		if err := p.leaveMark(ctx); err != nil {
			return err
		}
	}
	r := p.pg.ExecPrepared(ctx, sqlPosition, nil, nil, nil).Read()
	if r.Err != nil {
		return r.Err
	}
	if len(r.Rows) != 1 {
		return fmt.Errorf("postgres: %d positions", len(r.Rows))
	}
	at.lsn, at.mark = string(r.Rows[0][0]), p.mark
	p.latest.Store(at)
	return nil
}

// What is acknowledged was flushed before; standbys are sent no more than that.
const sqlPosition = "SELECT pg_current_wal_flush_lsn()::text"

// leaveMark writes a new mark, and removes those that nobody uses any more. The
// heartbeat of sqlstore has number 1.
func (p *pilot) leaveMark(ctx context.Context) error {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	mark := strconv.FormatUint(1<<62|binary.BigEndian.Uint64(b)>>2, 10)
	_, err := p.pg.Exec(ctx, fmt.Sprintf(sqlMark, mark)).ReadAll()
	if err == nil {
		p.mark, p.markedAt = mark, time.Now()
	}
	return err
}

const sqlMark = `
	INSERT INTO heartbeat (id, beat_at) VALUES (%s, (extract(epoch FROM now()) * 1000000)::bigint);
	DELETE FROM heartbeat WHERE id <> 1 AND beat_at < (extract(epoch FROM now() - interval '1 day') * 1000000)::bigint`
