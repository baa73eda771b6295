#include "agent/traffic/traffic_follower.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "agent/feeds/eve_text.h"
#include "agent/feeds/log_follower.h"
#include "platform/atomic_file.h"
#include "platform/log.h"

namespace agent::traffic {
namespace {

// Of a log at a time: enough for a busy second, little enough to hold in memory.
constexpr std::size_t read_size_max = 16 * 1024 * 1024;
constexpr std::size_t document_size_max = std::size_t{2} * 1024 * 1024 * 1024;

}  // namespace

TrafficFollower::TrafficFollower(TrafficSettings settings, std::filesystem::path file,
                                 Traffic& traffic, const platform::Clock& clock)
    : settings_(std::move(settings)), file_(std::move(file)), traffic_(traffic), clock_(clock) {}

void TrafficFollower::Load() {
  const auto text = platform::ReadFile(file_, document_size_max);
  if (!text && text.error().code == policy::ErrorCode::not_found) return;
  const auto read =
      text ? traffic_.Read(*text) : policy::Result<void>(tl::unexpected(text.error()));
  if (!read) {
    platform::Warn("{}: {}; what our own clients use is counted anew", file_.string(),
                   read.error().detail);
  }
}

void TrafficFollower::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void TrafficFollower::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  Save();
}

void TrafficFollower::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  auto saved_at = clock_.SteadyNow();
  while (!stop.stop_requested()) {
    const bool has_more = ReadOn();
    if (clock_.SteadyNow() - saved_at >= settings_.save_every) {
      Save();
      saved_at = clock_.SteadyNow();
    }
    if (has_more) continue;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, settings_.interval, [] { return false; });
  }
}

bool TrafficFollower::ReadOn() {
  bool has_more = false;
  for (const LogSettings& log : settings_.logs) has_more |= ReadLog(log);
  const std::uint64_t dropped = traffic_.dropped();
  if (dropped != std::exchange(dropped_told_, dropped)) {
    platform::Warn(
        "traffic: {} names and addresses that were used least recently are forgotten for want of "
        "room; raise traffic.names_max to keep more",
        dropped);
  }
  return has_more;
}

bool TrafficFollower::ReadLog(const LogSettings& log) {
  LogState state = traffic_.Log(log.name);
  state.file = log.file.string();
  const LogState before = state;
  const auto now = clock_.Now();
  const auto fault = [&](std::string_view what) {
    ++state.faults;
    state.last_fault = what;
  };
  const feeds::EveSink sink{.event =
                                [&](std::string_view line) {
                                  if (line.ends_with('\r')) line.remove_suffix(1);
                                  const auto request = log.read(line, state.header);
                                  if (!request) return fault(request.error());
                                  if (!*request) return;
                                  if (!traffic_.Add(**request, now))
                                    return fault("a time in the future");
                                  ++state.requests;
                                },
                            .fault = fault};
  std::size_t taken = 0;
  const feeds::LogReader reader{
      .begin_file =
          [&] {
            state.scan = {feeds::EveScan::Form::lines};
            state.header.clear();
          },
      .take =
          [&](std::string_view bytes, bool is_final) {
            taken += bytes.size();
            return feeds::TakeEveText(bytes, is_final, state.scan, sink);
          },
      .lost =
          [&] {
            platform::Warn(
                "traffic log {}: the file that was read last is gone or changed, and "
                "with it what was not read yet; have logrotate keep one file "
                "uncompressed (delaycompress)",
                log.name);
          }};
  const auto position = feeds::FollowLog(log.file, state.position, read_size_max, reader);
  if (position) state.position = *position;
  Tell(log.name, position ? std::string() : position.error().detail, state);
  is_changed_ |= state.position.offset != before.position.offset ||
                 state.position.inode != before.position.inode;
  traffic_.SetLog(log.name, std::move(state));
  return taken >= read_size_max;
}

void TrafficFollower::Tell(const std::string& name, const std::string& trouble, LogState& state) {
  if (trouble == state.trouble) return;
  if (trouble.empty()) {
    platform::Info("traffic log {}: it can be read again", name);
  } else {
    platform::Warn("traffic log {}: {}", name, trouble);
  }
  state.trouble = trouble;
}

void TrafficFollower::Save() {
  traffic_.Forget(clock_.Now());
  if (!std::exchange(is_changed_, false)) return;
  const auto saved = platform::WriteFileAtomically(file_, traffic_.Document(), 0600);
  if (saved) return;
  is_changed_ = true;
  platform::Warn("{}: {}; what our own clients use is kept later", file_.string(),
                 saved.error().detail);
}

}  // namespace agent::traffic
