// SPDX-License-Identifier: MIT
//
// Pion as a WHIP and WHEP server: what is published at /whip/NAME can be played
// at /whep/NAME once all of it comes; until then, 409. Packets are forwarded as
// they come, and so are requests for key frames. The port, on loopback, is the
// first line of standard output; the second, at the end (TERM), is what was
// counted, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

type stream struct {
	publisher *webrtc.PeerConnection
	tracks    []*webrtc.TrackLocalStaticRTP
	ssrcs     []webrtc.SSRC // the publisher's, of each track
}

type counts struct {
	Published, Played, Deleted int
	Packets                    map[string]int // by codec, of all publishers
}

type server struct {
	lock    sync.Mutex // of all below
	streams map[string]*stream
	ends    map[string]func() // of sessions, by path
	counts  counts
}

// ---- media ------------------------------------------------------------------

func newConnection() (*webrtc.PeerConnection, error) {
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(engine, registry); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings)).
		NewPeerConnection(webrtc.Configuration{})
}

// The answer, with all its candidates.
func answer(pc *webrtc.PeerConnection, offer string) (string, error) {
	err := pc.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	sdp, err := pc.CreateAnswer(nil)
	if err == nil {
		err = pc.SetLocalDescription(sdp)
	}
	if err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// Until the publisher ends. Header extensions are between two ends.
func (s *server) forward(one *stream, remote *webrtc.TrackRemote) {
	codec := remote.Codec().RTPCodecCapability
	local, err := webrtc.NewTrackLocalStaticRTP(codec,
		remote.Kind().String(), "pion")
	if err != nil {
		return
	}
	s.lock.Lock()
	one.tracks = append(one.tracks, local)
	one.ssrcs = append(one.ssrcs, remote.SSRC())
	s.lock.Unlock()
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		s.lock.Lock()
		s.counts.Packets[codec.MimeType]++
		s.lock.Unlock()
		packet.Extension, packet.Extensions = false, nil
		_ = local.WriteRTP(packet)
	}
}

// What a player's receiver wants is the publisher's matter.
func askOn(publisher *webrtc.PeerConnection, ssrc webrtc.SSRC,
	sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if _, is := packet.(*rtcp.PictureLossIndication); is {
				_ = publisher.WriteRTCP([]rtcp.Packet{
					&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}})
			}
		}
	}
}

// ---- sessions ---------------------------------------------------------------

// What to add to a player's connection, or nothing: not all is there yet.
func (s *server) find(name, offer string) *stream {
	s.lock.Lock()
	defer s.lock.Unlock()
	one := s.streams[name]
	if one == nil || len(one.tracks) < strings.Count(offer, "\nm=") {
		return nil
	}
	return one
}

func (s *server) publish(pc *webrtc.PeerConnection, name string) func() {
	one := &stream{publisher: pc}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		s.forward(one, track)
	})
	s.lock.Lock()
	defer s.lock.Unlock()
	s.streams[name] = one
	return func() {
		if s.streams[name] == one {
			delete(s.streams, name)
		}
	}
}

func (s *server) play(pc *webrtc.PeerConnection, one *stream) error {
	for i, track := range one.tracks {
		sender, err := pc.AddTrack(track)
		if err != nil {
			return err
		}
		go askOn(one.publisher, one.ssrcs[i], sender)
	}
	return nil
}

// What a DELETE is to end; `count` is of such sessions.
func (s *server) keep(w http.ResponseWriter, count *int, end func()) {
	s.lock.Lock()
	defer s.lock.Unlock()
	*count++
	path := fmt.Sprintf("/session/%d", s.counts.Published+s.counts.Played)
	s.ends[path] = end
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusCreated)
}

func (s *server) post(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Path[len("/whip/"):]
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	pc, err := newConnection()
	if err != nil {
		return err
	}
	count, forget := &s.counts.Played, func() {}
	if strings.HasPrefix(r.URL.Path, "/whip/") {
		count, forget = &s.counts.Published, s.publish(pc, name)
	} else if one := s.find(name, string(body)); one == nil {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusConflict)
		return pc.Close()
	} else {
		err = s.play(pc, one)
	}
	sdp := ""
	if err == nil {
		sdp, err = answer(pc, string(body))
	}
	if err != nil {
		_ = pc.Close()
		return err
	}
	s.keep(w, count, func() { forget(); go pc.Close() })
	_, err = io.WriteString(w, sdp)
	return err
}

func (s *server) delete(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	end := s.ends[r.URL.Path]
	if end == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	end()
	delete(s.ends, r.URL.Path)
	s.counts.Deleted++
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isEndpoint := strings.HasPrefix(r.URL.Path, "/whip/") ||
		strings.HasPrefix(r.URL.Path, "/whep/")
	switch {
	case r.Method == http.MethodDelete:
		s.delete(w, r)
	case r.Method != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !isEndpoint:
		w.WriteHeader(http.StatusNotFound)
	default:
		if err := s.post(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}

func main() {
	s := &server{streams: map[string]*stream{}, ends: map[string]func(){},
		counts: counts{Packets: map[string]int{}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion_server:", err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go http.Serve(listener, s)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
	s.lock.Lock()
	text, _ := json.Marshal(s.counts)
	fmt.Println(string(text))
}
