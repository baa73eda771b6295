#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/publish/publication.h"
#include "platform/clock.h"
#include "platform/tls.h"
#include "policy/validity.h"
#include "sekisho/v1/enforcement.grpc.pb.h"

namespace agent::publish {

struct DeviceSettings {
  std::string name;
  std::string list;
  std::string identity;       // a SAN of its exporter's certificate
  bool lets_through = false;  // its list says what to let through, rather than what to block
};

// What devices do, told from gRPC's threads, several at once; implementations must be quick.
class DeviceEvents {
 public:
  virtual ~DeviceEvents() = default;
  // `certificate`: when the exporter's client certificate is valid.
  virtual void Connected(const DeviceSettings& device, const sekisho::v1::Hello& hello,
                         std::optional<policy::Validity> certificate) = 0;
  // With an Ack, or by itself after the exporter looked at its device.
  virtual void Received(const DeviceSettings& device, const sekisho::v1::Receipt& receipt) = 0;
  virtual void Refused(const DeviceSettings& device, std::uint64_t release,
                       const sekisho::v1::Nack& nack) = 0;
  virtual void Disconnected(const DeviceSettings& device) = 0;
};

// The agent's end of the enforcement protocol: brings each device's list to its exporter, one
// update at a time and always the newest (docs/protocol.md). Everything given has to outlive the
// server that it is registered with.
class EnforcementService final : public sekisho::v1::Enforcement::CallbackService {
 public:
  // Whether the authority took a client certificate (PEM) back.
  using IsRevoked = std::function<bool(std::string_view)>;

  EnforcementService(std::vector<DeviceSettings> devices, Publication& publication,
                     const platform::SigningKey& list_key, const platform::Clock& clock,
                     DeviceEvents& events, IsRevoked is_revoked = {});
  ~EnforcementService() override;

  // Offers again what a device refused, once its wait is over: a device that was down has to catch
  // up without anybody's help. The wait doubles from a minute to half an hour. Call it from time
  // to time.
  void RetryRefused();

  // Ends the streams whose certificates are revoked by now: TLS looks at one only as it begins.
  void EndRevoked();

  grpc::ServerBidiReactor<sekisho::v1::ExporterMessage, sekisho::v1::AgentMessage>* Enforce(
      grpc::CallbackServerContext* context) override;

 private:
  class Stream;
  // Null unless a device of that name may be spoken for by one of the identities.
  const DeviceSettings* Find(const std::string& name,
                             const std::vector<std::string>& identities) const;
  // One stream for a device: a newer one ends the older, whose peer is likely gone.
  void Enter(const DeviceSettings& device, Stream& stream);
  void Leave(const DeviceSettings& device, Stream& stream);

  const std::vector<DeviceSettings> devices_;
  Publication& publication_;
  const platform::SigningKey& list_key_;
  const platform::Clock& clock_;
  DeviceEvents& events_;
  const IsRevoked is_revoked_;
  std::mutex mutex_;
  std::map<std::string, Stream*> streams_;  // by device
};

}  // namespace agent::publish
