#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporters/agent_channel.h"
#include "exporters/agent_stream.h"
#include "exporters/assembler.h"
#include "exporters/backoff.h"
#include "exporters/exporter.h"
#include "exporters/keeper.h"
#include "platform/clock.h"

namespace exporters {

struct SessionSettings {
  std::string device;
  std::string exporter;  // the registry row
  std::filesystem::path state_dir;
  std::vector<std::string> agents;  // "host:port", at least one; tried in turn
  AgentIdentity identity;
  std::string list_key;  // 32 bytes, Ed25519
  OnDrift on_drift = OnDrift::restore;
  std::chrono::milliseconds read_back_every = std::chrono::minutes(5);
  std::chrono::milliseconds reconnect_first = std::chrono::seconds(1);
  std::chrono::milliseconds reconnect_max = std::chrono::seconds(60);
  std::size_t update_size_max = 1024UL * 1024 * 1024;  // bytes
  std::uint64_t entries_max = 0;                       // that the device takes; 0 for no bound
  // Lines end without the agent once it was away for so long; the time to look for them, and for
  // a renewed certificate.
  std::chrono::seconds away_after = std::chrono::minutes(5);
  std::chrono::milliseconds end_lines_every = std::chrono::minutes(1);
  std::uint64_t seed = 0;  // of the random waits
};

// Keeps one device and one agent in conversation (docs/protocol.md), on two threads: one for the
// device, which may be slow, and one for the stream, so that it stays alive meanwhile.
//
// The device comes first: it is read back, and its last known good restored, before the agent is
// called for the first time, and from time to time after that whether or not the agent answers.
class Session {
 public:
  // Starts at once. `exporter` and `clock` have to outlive the session.
  Session(SessionSettings settings, Exporter& exporter, const platform::Clock& clock);
  // Stops; waits for a call of the exporter that is under way. The device keeps what it enforces.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  // A stream's update, with the stream that gets the answer.
  struct Task {
    Update update;
    std::shared_ptr<AgentStream> stream;
  };

  void RunDevice(const std::stop_token& stop);
  // The newest update; nothing if none came until `deadline`.
  std::optional<Task> NextTask(const std::stop_token& stop,
                               std::chrono::steady_clock::time_point deadline);
  void EndLines();
  void ShowRenewedCertificate();
  void RunLink(const std::stop_token& stop);
  // Gives whether the agent said anything.
  bool Converse(const std::string& address, const std::stop_token& stop);
  void Receive(Assembler& assembler, const std::shared_ptr<AgentStream>& stream,
               const sekisho::v1::AgentMessage& message);
  std::vector<sekisho::v1::ExporterMessage> Greeting() const;  // under mutex_
  void Remember(const Answer& answer);
  void Report(const std::optional<Receipt>& receipt);

  SessionSettings settings_;
  Exporter& exporter_;
  const platform::Clock& clock_;
  Profile profile_;

  Keeper keeper_;  // the device thread's alone

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool looked_ = false;  // the device was read back once
  std::shared_ptr<const HeldList> held_;
  std::optional<Receipt> receipt_;  // the latest
  std::optional<Task> task_;        // the newest update that has not been started
  std::shared_ptr<AgentStream> stream_;
  std::string shown_;  // our certificate on that stream, PEM
  // Since when no agent welcomed us, by the steady clock; none while one is there.
  std::optional<std::chrono::steady_clock::time_point> away_since_;

  std::jthread device_thread_;
  std::jthread link_thread_;
};

}  // namespace exporters
