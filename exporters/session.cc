#include "exporters/session.h"

#include <algorithm>
#include <utility>

#include "platform/log.h"
#include "platform/tls.h"
#include "proto/convert.h"

namespace exporters {

using sekisho::v1::AgentMessage;
using sekisho::v1::ExporterMessage;

namespace {

constexpr std::uint32_t protocol_version = 2;

}  // namespace

Session::Session(SessionSettings settings, Exporter& exporter, const platform::Clock& clock)
    : settings_(std::move(settings)),
      exporter_(exporter),
      clock_(clock),
      profile_(exporter.profile()),
      keeper_(exporter, LastKnownGood(settings_.state_dir, settings_.update_size_max),
              settings_.on_drift, settings_.device, clock, settings_.entries_max),
      away_since_(clock.SteadyNow()) {
  device_thread_ = std::jthread([this](const std::stop_token& stop) { RunDevice(stop); });
  link_thread_ = std::jthread([this](const std::stop_token& stop) { RunLink(stop); });
}

Session::~Session() {
  device_thread_.request_stop();
  link_thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    if (stream_) stream_->Stop();
  }
}

// ---- the device's thread

void Session::RunDevice(const std::stop_token& stop) {
  using std::chrono::steady_clock;
  Report(keeper_.Start());
  auto look_at = steady_clock::now() + settings_.read_back_every;
  auto end_lines_at = steady_clock::now() + settings_.end_lines_every;
  while (!stop.stop_requested()) {
    const auto task = NextTask(stop, std::min(look_at, end_lines_at));
    if (stop.stop_requested()) return;
    if (task) {
      const Answer answer = keeper_.Take(task->update);
      Remember(answer);
      task->stream->Send(ToMessage(answer));
    }
    if (steady_clock::now() >= end_lines_at) {
      EndLines();
      ShowRenewedCertificate();
      end_lines_at = steady_clock::now() + settings_.end_lines_every;
    }
    if (steady_clock::now() >= look_at) {
      Report(keeper_.Check());
      look_at = steady_clock::now() + settings_.read_back_every;
    }
  }
}

std::optional<Session::Task> Session::NextTask(const std::stop_token& stop,
                                               std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, deadline, [this] { return bool(task_); });
  return std::exchange(task_, std::nullopt);
}

void Session::EndLines() {
  bool away = false;
  {
    const std::lock_guard lock(mutex_);
    away = away_since_ && clock_.SteadyNow() - *away_since_ >= settings_.away_after;
  }
  const auto receipt = keeper_.EndLines(away);
  if (!receipt) return;
  Report(receipt);
  // An agent that came meanwhile was told of another list in Hello.
  const std::lock_guard lock(mutex_);
  if (stream_) stream_->Stop();
}

// TLS shows a certificate only as a connection begins.
void Session::ShowRenewedCertificate() {
  const auto certificate = platform::LoadPem(settings_.identity.certificate);
  const auto key = platform::LoadPem(settings_.identity.key);
  // Two that don't fit are being replaced just now.
  if (!certificate || !key || !platform::CheckKeyPair(*certificate, *key)) return;
  const std::lock_guard lock(mutex_);
  if (!stream_ || *certificate == shown_) return;
  platform::Info("{}: the certificate was renewed; calling the agent with it", settings_.device);
  stream_->Stop();
}

void Session::Remember(const Answer& answer) {
  const std::lock_guard lock(mutex_);
  held_ = keeper_.held();
  if (answer.outcome) {
    receipt_ = *answer.outcome;
  } else if (answer.outcome.error().device != DeviceState::unchanged) {
    receipt_.reset();  // it no longer says what the device enforces
  }
}

void Session::Report(const std::optional<Receipt>& receipt) {
  const std::lock_guard lock(mutex_);
  looked_ = true;
  held_ = keeper_.held();
  changed_.notify_all();
  if (!receipt) return;
  receipt_ = receipt;
  if (stream_) stream_->Send(ToMessage(*receipt));
}

// ---- the stream's thread

void Session::RunLink(const std::stop_token& stop) {
  Backoff backoff(settings_.reconnect_first, settings_.reconnect_max, settings_.seed);
  for (std::size_t attempt = 0;; ++attempt) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return looked_; })) return;
    }
    if (Converse(settings_.agents[attempt % settings_.agents.size()], stop)) backoff.Reset();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, backoff.Next(), [] { return false; });
    if (stop.stop_requested()) return;
  }
}

bool Session::Converse(const std::string& address, const std::stop_token& stop) {
  const auto certificate = platform::LoadPem(settings_.identity.certificate);
  const auto channel = MakeAgentChannel(address, settings_.identity);
  if (!channel) {
    platform::Error("{}: cannot call the agent: {}", settings_.device, channel.error().detail);
    return false;
  }
  const auto stream = std::make_shared<AgentStream>();
  std::vector<ExporterMessage> greeting;
  {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) return false;
    stream_ = stream;
    shown_ = certificate.value_or("");
    greeting = Greeting();
  }
  Assembler assembler(settings_.list_key, settings_.update_size_max);
  bool heard = false;
  const policy::Error end = stream->Run(*channel, greeting, [&](const AgentMessage& message) {
    heard = true;
    Receive(assembler, stream, message);
  });
  if (!stop.stop_requested()) {
    platform::Warn("{}: no stream to the agent at {}: {}", settings_.device, address, end.detail);
  }
  const std::lock_guard lock(mutex_);
  stream_.reset();
  if (!away_since_) away_since_ = clock_.SteadyNow();
  return heard;
}

std::vector<ExporterMessage> Session::Greeting() const {
  ExporterMessage hello;
  hello.mutable_hello()->set_version(protocol_version);
  hello.mutable_hello()->set_device(settings_.device);
  if (held_) {
    hello.mutable_hello()->set_release(held_->release);
    hello.mutable_hello()->set_digest(proto::ToBytes(held_->list->digest()));
    hello.mutable_hello()->set_terms_digest(proto::ToBytes(held_->list->id().terms));
  }
  auto& profile = *hello.mutable_hello()->mutable_profile();
  profile.set_exporter(settings_.exporter);
  profile.set_software(profile_.software);
  for (const std::string& kind : profile_.kinds) profile.add_kinds(kind);
  profile.set_capacity(keeper_.capacity());
  profile.set_dry_run(profile_.dry_run);
  profile.set_lets_through(profile_.lets_through);
  std::vector<ExporterMessage> greeting{std::move(hello)};
  if (receipt_) greeting.push_back(ToMessage(*receipt_));
  return greeting;
}

void Session::Receive(Assembler& assembler, const std::shared_ptr<AgentStream>& stream,
                      const AgentMessage& message) {
  std::shared_ptr<const HeldList> held;
  {
    const std::lock_guard lock(mutex_);
    held = held_;
    if (message.has_welcome()) {
      away_since_.reset();
      return;
    }
  }
  auto update = assembler.Add(message, held.get(), clock_.Now());
  if (!update) return;
  const auto refuse = [&](AgentStream& to, std::string nonce, std::string reason) {
    platform::Warn("{}: refused an update: {}", settings_.device, reason);
    const Failure failure{DeviceState::unchanged, std::move(reason)};
    to.Send(ToMessage(Answer{std::move(nonce), tl::unexpected(failure)}));
  };
  if (!*update) {
    refuse(*stream, std::move(update->error().nonce), std::move(update->error().error.detail));
    return;
  }
  std::optional<Task> superseded;
  {
    const std::lock_guard lock(mutex_);
    superseded = std::exchange(task_, Task{std::move(**update), stream});
    changed_.notify_all();
  }
  if (superseded) {
    // Its own stream gets the answer: on another, its nonce may be that of another update.
    refuse(*superseded->stream, std::move(superseded->update.nonce),
           "superseded: a newer update came before it began");
  }
}

}  // namespace exporters
