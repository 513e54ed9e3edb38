// SPDX-License-Identifier: MIT
//
// Pion in a pipe: sends a clip in a loop, or counts the frames that it puts
// together from packets. Options, descriptions and exit status: matrix.bash.
// Descriptions are plain SDP.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/h264reader"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
	"github.com/pion/webrtc/v3/pkg/media/samplebuilder"
)

const (
	connectLimit = 10 * time.Second
	videoStep    = time.Second / 30
	audioStep    = time.Second / 50
	maxLate      = 100 // packets that a frame may be late
)

var (
	offer      = flag.Bool("offer", false, "make the offer")
	answer     = flag.Bool("answer", false, "answer one")
	send       = flag.Bool("send", false, "send the clip")
	recv       = flag.Bool("recv", false, "receive")
	codec      = flag.String("codec", "vp8", "vp8, h264 or opus")
	seconds    = flag.Float64("seconds", 2, "how long to send, at most to receive")
	reportFile = flag.String("report", "", "a file")
	clip       = flag.String("clip", "", "what to send")
)

// ---- the codecs -------------------------------------------------------------

type kind struct {
	parameters   webrtc.RTPCodecParameters
	media        webrtc.RTPCodecType
	depacketizer rtp.Depacketizer
	step         time.Duration
	frames       func(io.Reader) (func() ([]byte, error), error)
}

func parameters(mime string, rate uint32, channels uint16, fmtp string,
	payloadType webrtc.PayloadType) webrtc.RTPCodecParameters {
	feedback := []webrtc.RTCPFeedback{{Type: "nack"},
		{Type: "nack", Parameter: "pli"}}
	if channels > 0 {
		feedback = nil
	}
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime,
			ClockRate: rate, Channels: channels, SDPFmtpLine: fmtp,
			RTCPFeedback: feedback},
		PayloadType: payloadType}
}

func kindOf(codec string) (*kind, error) {
	switch codec {
	case "vp8":
		return &kind{parameters(webrtc.MimeTypeVP8, 90000, 0, "", 96),
			webrtc.RTPCodecTypeVideo, &codecs.VP8Packet{}, videoStep,
			ivfFrames}, nil
	case "h264":
		return &kind{parameters(webrtc.MimeTypeH264, 90000, 0,
			"level-asymmetry-allowed=1;packetization-mode=1;"+
				"profile-level-id=42e01f", 102),
			webrtc.RTPCodecTypeVideo, &codecs.H264Packet{}, videoStep,
			h264Frames}, nil
	case "opus":
		return &kind{parameters(webrtc.MimeTypeOpus, 48000, 2,
			"minptime=10;useinbandfec=1", 111),
			webrtc.RTPCodecTypeAudio, &codecs.OpusPacket{}, audioStep,
			oggPackets}, nil
	}
	return nil, fmt.Errorf("no codec %s", codec)
}

// ---- the clip, frame by frame ----------------------------------------------

func ivfFrames(in io.Reader) (func() ([]byte, error), error) {
	reader, _, err := ivfreader.NewWith(in)
	return func() ([]byte, error) {
		frame, _, err := reader.ParseNextFrame()
		return frame, err
	}, err
}

// Parameter sets and SEI go in front of the slice that follows them.
func h264Frames(in io.Reader) (func() ([]byte, error), error) {
	reader, err := h264reader.NewReader(in)
	return func() ([]byte, error) {
		var frame []byte
		for {
			nal, err := reader.NextNAL()
			if err != nil {
				return nil, err
			}
			frame = append(append(frame, 0, 0, 0, 1), nal.Data...)
			switch nal.UnitType {
			case h264reader.NalUnitTypeCodedSliceIdr,
				h264reader.NalUnitTypeCodedSliceNonIdr:
				return frame, nil
			}
		}
	}, err
}

// A page is a packet, as the clip was made; the second page holds comments.
func oggPackets(in io.Reader) (func() ([]byte, error), error) {
	reader, _, err := oggreader.NewWith(in)
	if err == nil {
		_, _, err = reader.ParseNextPage()
	}
	return func() ([]byte, error) {
		page, _, err := reader.ParseNextPage()
		return page, err
	}, err
}

// ---- a session --------------------------------------------------------------

type session struct {
	*kind
	pc        *webrtc.PeerConnection
	connected chan struct{}
	ended     chan struct{} // by the remote
	once      sync.Once
	lock      sync.Mutex
	packets   int
	frames    int
}

func newSession(kind *kind) (*session, error) {
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterCodec(kind.parameters, kind.media); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(engine, registry); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	ret := &session{kind: kind, pc: pc, connected: make(chan struct{}),
		ended: make(chan struct{})}
	if err == nil {
		pc.OnConnectionStateChange(ret.onState)
		pc.OnTrack(ret.onTrack)
	}
	return ret, err
}

func (s *session) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		close(s.connected)
	case webrtc.PeerConnectionStateClosed, webrtc.PeerConnectionStateFailed:
		s.end()
	}
}

func (s *session) count(packets, frames int) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.packets += packets
	s.frames += frames
}

func (s *session) end() {
	s.once.Do(func() { close(s.ended) })
}

// Of the DTLS close alert Pion tells nothing; a BYE goes before it.
func (s *session) awaitBye(receiver *webrtc.RTPReceiver) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if _, is := packet.(*rtcp.Goodbye); is {
				s.end()
			}
		}
	}
}

func (s *session) onTrack(track *webrtc.TrackRemote,
	receiver *webrtc.RTPReceiver) {
	go s.awaitBye(receiver)
	builder := samplebuilder.New(maxLate, s.depacketizer,
		s.parameters.ClockRate)
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			s.end()
			return
		}
		s.count(1, 0)
		builder.Push(packet)
		for builder.Pop() != nil {
			s.count(0, 1)
		}
	}
}

// ---- negotiation ------------------------------------------------------------

func readDescription(kind webrtc.SDPType) (webrtc.SessionDescription, error) {
	text, err := io.ReadAll(os.Stdin)
	return webrtc.SessionDescription{Type: kind, SDP: string(text)}, err
}

// The local description, gathered, and then end of file.
func (s *session) writeDescription(sdp webrtc.SessionDescription,
	err error) error {
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(sdp); err != nil {
		return err
	}
	<-gathered
	if _, err := io.WriteString(os.Stdout,
		s.pc.LocalDescription().SDP); err != nil {
		return err
	}
	return os.Stdout.Close()
}

func (s *session) negotiate() error {
	if *offer {
		err := s.writeDescription(s.pc.CreateOffer(nil))
		if err != nil {
			return err
		}
		remote, err := readDescription(webrtc.SDPTypeAnswer)
		if err != nil {
			return err
		}
		return s.pc.SetRemoteDescription(remote)
	}
	remote, err := readDescription(webrtc.SDPTypeOffer)
	if err != nil {
		return err
	}
	if err := s.pc.SetRemoteDescription(remote); err != nil {
		return err
	}
	return s.writeDescription(s.pc.CreateAnswer(nil))
}

// ---- media ------------------------------------------------------------------

// RTCP has to be read, or its interceptors do nothing.
func drain(sender *webrtc.RTPSender) {
	buffer := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(buffer); err != nil {
			return
		}
	}
}

func (s *session) addTrack() (*webrtc.TrackLocalStaticSample, error) {
	track, err := webrtc.NewTrackLocalStaticSample(
		s.parameters.RTPCodecCapability, "media", "pion")
	if err != nil {
		return nil, err
	}
	one, err := s.pc.AddTransceiverFromTrack(track,
		webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	go drain(one.Sender())
	return track, nil
}

// The clip once; false when the time is over.
func (s *session) sendClip(track *webrtc.TrackLocalStaticSample,
	ticks <-chan time.Time, over <-chan time.Time) (bool, error) {
	file, err := os.Open(*clip)
	if err != nil {
		return false, err
	}
	defer file.Close()
	next, err := s.kind.frames(file)
	if err != nil {
		return false, err
	}
	for {
		frame, err := next()
		if errors.Is(err, io.EOF) {
			return true, nil
		} else if err != nil {
			return false, err
		}
		select {
		case <-over:
			return false, nil
		case <-ticks:
		}
		if err := track.WriteSample(media.Sample{Data: frame,
			Duration: s.step}); err != nil {
			return false, err
		}
		s.count(1, 1)
	}
}

func (s *session) run() error {
	var track *webrtc.TrackLocalStaticSample
	var err error
	if *send {
		track, err = s.addTrack()
	} else if *offer {
		_, err = s.pc.AddTransceiverFromKind(s.media,
			webrtc.RTPTransceiverInit{
				Direction: webrtc.RTPTransceiverDirectionRecvonly})
	}
	if err != nil {
		return err
	}
	if err := s.negotiate(); err != nil {
		return err
	}
	select {
	case <-s.connected:
	case <-time.After(connectLimit):
		return errors.New("not connected in time")
	}
	over := time.After(time.Duration(*seconds * float64(time.Second)))
	if *send {
		ticker := time.NewTicker(s.step)
		defer ticker.Stop()
		for again := true; again && err == nil; {
			again, err = s.sendClip(track, ticker.C, over)
		}
		return err
	}
	select {
	case <-s.ended:
	case <-over:
	}
	return nil
}

// Whole or not at all.
func writeReport(s *session, err error) {
	report := map[string]interface{}{"peer": "Pion", "errors": []string{}}
	if s != nil {
		s.lock.Lock()
		defer s.lock.Unlock()
		report["packets"], report["frames"] = s.packets, s.frames
	}
	if err != nil {
		report["errors"] = []string{err.Error()}
	}
	text, _ := json.Marshal(report)
	if *reportFile != "" {
		_ = os.WriteFile(*reportFile+".new", text, 0o644)
		_ = os.Rename(*reportFile+".new", *reportFile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion:", err)
		os.Exit(1)
	}
}

func main() {
	flag.Parse()
	if *offer == *answer || *send == *recv {
		fmt.Fprintln(os.Stderr,
			"pion: one of --offer, --answer and one of --send, --recv")
		os.Exit(2)
	}
	kind, err := kindOf(*codec)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pion:", err)
		os.Exit(2)
	}
	session, err := newSession(kind)
	if err == nil {
		err = session.run()
		if closed := session.pc.Close(); err == nil {
			err = closed
		}
	}
	writeReport(session, err)
}
