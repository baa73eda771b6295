#include "agent/publish/enforcement_service.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "agent/publish/update_frames.h"
#include "platform/log.h"
#include "proto/convert.h"

namespace agent::publish {

using sekisho::v1::AgentMessage;
using sekisho::v1::ExporterMessage;

namespace {

constexpr std::chrono::seconds retry_wait_first = std::chrono::minutes(1);
constexpr std::chrono::seconds retry_wait_max = std::chrono::minutes(30);

// Of the protocol. Older exporters know nothing of lines' terms.
constexpr std::uint32_t version_min = 2;

// A device must not block the allowlist, nor let through what is to be blocked.
grpc::Status WrongContent(const DeviceSettings& device) {
  const std::string why = "the list " + device.list + " says what to " +
                          (device.lets_through ? "let through, but this device would block it"
                                               : "block, but this device would let it through");
  platform::Error("device {}: {}", device.name, why);
  return {grpc::StatusCode::FAILED_PRECONDITION, why};
}

}  // namespace

// One exporter's connection. gRPC calls the On... functions from its threads, the publication calls
// Offer from the engine's; `mutex_` is over all state. Deletes itself when gRPC is done with it.
class EnforcementService::Stream final
    : public grpc::ServerBidiReactor<ExporterMessage, AgentMessage> {
 public:
  Stream(EnforcementService& service, grpc::CallbackServerContext& context)
      : service_(service), context_(context) {
    for (const grpc::string_ref& identity : context.auth_context()->GetPeerIdentity()) {
      identities_.emplace_back(identity.data(), identity.size());
    }
    for (const grpc::string_ref& pem :
         context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
      certificate_.assign(pem.data(), pem.size());
    }
    StartRead(&heard_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End(grpc::Status::OK);
      return;
    }
    if (auto status = Take(heard_); !status.ok()) {
      End(status);
      return;
    }
    StartRead(&heard_);
    Offer();
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    is_writing_ = false;
    if (ok) WriteNext(lock);
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    if (device_) {
      service_.publication_.Unsubscribe(subscription_);
      service_.Leave(*device_, *this);
    }
    delete this;
  }

  // Starts the newest update if the device has no other to answer.
  void Offer() {
    std::unique_lock lock(mutex_);
    if (!device_ || frames_ || is_ended_) return;
    const auto now = service_.publication_.Current(device_->list);
    if (!now || IsHeldOrRefused(*now)) return;
    auto update = service_.publication_.UpdateFrom(device_->list, held_);
    if (!update) return;
    if (wants_snapshot_) update->delta = nullptr;
    auto frames =
        UpdateFrames::Make(device_->list, std::move(*update), held_.digest,
                           std::to_string(++nonces_), service_.clock_.Now(), service_.list_key_);
    if (!frames) {
      platform::Error("device {}: an update could not be signed: {}", device_->name,
                      frames.error().detail);
      return;
    }
    wants_snapshot_ = false;
    frames_ = std::move(*frames);
    WriteNext(lock);
  }

  // Offers a refused release again if it has waited long enough.
  void Retry(std::chrono::steady_clock::time_point now) {
    {
      const std::lock_guard lock(mutex_);
      if (!refused_release_ || now < retry_at_) return;
      refused_release_.reset();
    }
    Offer();
  }

  void EndIfRevoked() {
    if (!IsRevoked()) return;
    platform::Warn("the stream for device \"{}\" is ended: its certificate is revoked",
                   device_->name);
    End(Revoked());
  }

  // Ends the stream from outside; the exporter reconnects if it is alive.
  void Cancel() { context_.TryCancel(); }

 private:
  static grpc::Status Revoked() {
    return {grpc::StatusCode::PERMISSION_DENIED, "the certificate is revoked; get a new one"};
  }

  bool IsRevoked() const { return service_.is_revoked_ && service_.is_revoked_(certificate_); }

  bool IsHeldOrRefused(const ListState& now) const {
    if (refused_release_ == now.release && !wants_snapshot_) return true;
    return now.release == held_release_ && now.list->id() == held_;
  }

  void WriteNext(std::unique_lock<std::mutex>&) {
    if (is_writing_ || is_ended_) return;
    if (std::exchange(is_welcome_due_, false)) {
      saying_.mutable_welcome();
    } else {
      auto message = frames_ ? frames_->Next() : std::nullopt;
      if (!message) return;  // all sent; the answer is awaited
      saying_ = std::move(*message);
    }
    is_writing_ = true;
    StartWrite(&saying_);
  }

  grpc::Status Take(const ExporterMessage& message) {
    if (message.has_hello()) return Greet(message.hello());
    if (!device_) return {grpc::StatusCode::FAILED_PRECONDITION, "Hello has to come first"};
    if (message.has_ack()) return TakeAck(message.ack());
    if (message.has_nack()) return TakeNack(message.nack());
    if (message.has_receipt()) {
      service_.events_.Received(*device_, message.receipt());
      return grpc::Status::OK;
    }
    return {grpc::StatusCode::INVALID_ARGUMENT, "an empty message"};
  }

  grpc::Status Greet(const sekisho::v1::Hello& hello) {
    if (device_) return {grpc::StatusCode::FAILED_PRECONDITION, "Hello was said already"};
    const DeviceSettings* device = service_.Find(hello.device(), identities_);
    if (device == nullptr) {
      platform::Warn("a stream for device \"{}\" is refused: no certificate of that device",
                     hello.device());
      return {grpc::StatusCode::PERMISSION_DENIED,
              "the certificate is not that of a device of this name"};
    }
    if (hello.version() < version_min) {
      platform::Warn("device {}: its exporter is too old for this agent; upgrade it", device->name);
      return {grpc::StatusCode::FAILED_PRECONDITION,
              "this exporter is older than the agent, and has to be upgraded"};
    }
    if (IsRevoked()) {
      platform::Warn("a stream for device \"{}\" is refused: its certificate is revoked",
                     hello.device());
      return Revoked();
    }
    if (hello.profile().lets_through() != device->lets_through) {
      return WrongContent(*device);
    }
    {
      std::unique_lock lock(mutex_);
      device_ = device;
      held_release_ = hello.release();
      const auto digest = proto::FromBytes(hello.digest());
      const auto terms = proto::FromBytes(hello.terms_digest());
      wants_snapshot_ = !digest || !terms;
      if (digest && terms) held_ = {*digest, *terms};
      is_welcome_due_ = true;
      WriteNext(lock);
    }
    service_.Enter(*device, *this);
    subscription_ = service_.publication_.Subscribe([this](const std::string& list) {
      if (list == device_->list) Offer();
    });
    const auto validity = platform::ValidityOf(certificate_);
    service_.events_.Connected(*device, hello, validity ? std::optional(*validity) : std::nullopt);
    return grpc::Status::OK;
  }

  grpc::Status TakeAck(const sekisho::v1::Ack& ack) {
    {
      const std::lock_guard lock(mutex_);
      if (!frames_ || ack.nonce() != frames_->nonce()) {
        return {grpc::StatusCode::INVALID_ARGUMENT, "an Ack of no outstanding update"};
      }
      held_release_ = frames_->update().release;
      held_ = frames_->update().list->id();
      retry_wait_ = retry_wait_first;
      frames_.reset();
    }
    service_.events_.Received(*device_, ack.receipt());
    return grpc::Status::OK;
  }

  grpc::Status TakeNack(const sekisho::v1::Nack& nack) {
    std::uint64_t release = 0;
    bool asks_for_snapshot = false;
    {
      const std::lock_guard lock(mutex_);
      if (!frames_ || nack.nonce() != frames_->nonce()) {
        return {grpc::StatusCode::INVALID_ARGUMENT, "a Nack of no outstanding update"};
      }
      release = frames_->update().release;
      // A snapshot cannot have the wrong base: asking twice for one would go on forever.
      asks_for_snapshot =
          nack.reason().starts_with("base mismatch") && frames_->update().delta != nullptr;
      wants_snapshot_ = asks_for_snapshot;
      if (!asks_for_snapshot) {
        refused_release_ = release;
        retry_at_ = service_.clock_.SteadyNow() + retry_wait_;
        retry_wait_ = std::min<std::chrono::seconds>(2 * retry_wait_, retry_wait_max);
      }
      frames_.reset();
    }
    if (!asks_for_snapshot) service_.events_.Refused(*device_, release, nack);
    return grpc::Status::OK;
  }

  void End(const grpc::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(is_ended_, true)) return;
    }
    Finish(status);
  }

  EnforcementService& service_;
  grpc::CallbackServerContext& context_;
  std::vector<std::string> identities_;
  std::string certificate_;  // of the exporter, PEM
  ExporterMessage heard_;    // of the one read under way
  AgentMessage saying_;      // of the one write under way
  std::uint64_t subscription_ = 0;

  std::mutex mutex_;
  const DeviceSettings* device_ = nullptr;  // set once, by Hello
  std::uint64_t held_release_ = 0;          // by the exporter, as far as we know
  policy::ListId held_;
  std::optional<std::uint64_t> refused_release_;
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::seconds retry_wait_ = retry_wait_first;
  bool wants_snapshot_ = false;
  bool is_welcome_due_ = false;
  std::optional<UpdateFrames> frames_;  // until answered
  std::uint64_t nonces_ = 0;
  bool is_writing_ = false;
  bool is_ended_ = false;
};

EnforcementService::EnforcementService(std::vector<DeviceSettings> devices,
                                       Publication& publication,
                                       const platform::SigningKey& list_key,
                                       const platform::Clock& clock, DeviceEvents& events,
                                       IsRevoked is_revoked)
    : devices_(std::move(devices)),
      publication_(publication),
      list_key_(list_key),
      clock_(clock),
      events_(events),
      is_revoked_(std::move(is_revoked)) {}

EnforcementService::~EnforcementService() = default;

grpc::ServerBidiReactor<ExporterMessage, AgentMessage>* EnforcementService::Enforce(
    grpc::CallbackServerContext* context) {
  return new Stream(*this, *context);  // deletes itself in OnDone
}

const DeviceSettings* EnforcementService::Find(const std::string& name,
                                               const std::vector<std::string>& identities) const {
  const auto found = std::find_if(devices_.begin(), devices_.end(), [&](const DeviceSettings& d) {
    return d.name == name &&
           std::find(identities.begin(), identities.end(), d.identity) != identities.end();
  });
  return found == devices_.end() ? nullptr : &*found;
}

void EnforcementService::RetryRefused() {
  const auto now = clock_.SteadyNow();
  // A stream leaves under the same mutex before it ends.
  const std::lock_guard lock(mutex_);
  for (const auto& [device, stream] : streams_) stream->Retry(now);
}

void EnforcementService::EndRevoked() {
  const std::lock_guard lock(mutex_);
  for (const auto& [device, stream] : streams_) stream->EndIfRevoked();
}

void EnforcementService::Enter(const DeviceSettings& device, Stream& stream) {
  const std::lock_guard lock(mutex_);
  Stream*& current = streams_[device.name];
  if (current != nullptr) current->Cancel();
  current = &stream;
}

void EnforcementService::Leave(const DeviceSettings& device, Stream& stream) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(device.name);
    if (found == streams_.end() || found->second != &stream) return;  // a newer one took over
    streams_.erase(found);
  }
  events_.Disconnected(device);
}

}  // namespace agent::publish
