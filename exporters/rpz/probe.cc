#include "exporters/rpz/probe.h"

#include <fmt/format.h>

#include <random>
#include <thread>

#include "exporters/rpz/message.h"
#include "exporters/rpz/trigger.h"
#include "policy/domain.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::ListSnapshot;
using policy::Result;

constexpr std::string_view domain_kind = "domain ";
constexpr std::string_view below = "sekisho-probe.";
constexpr std::size_t name_text_max = 253;
constexpr std::chrono::milliseconds pause{50};

// A zone's own NXDOMAIN comes at once. A name that is no longer blocked is looked up on the
// Internet, which may take long and is then an answer, too.
constexpr std::chrono::milliseconds block_answer_time{500};

// The lines of one kind stand together in a sorted list: [first, end).
std::pair<std::size_t, std::size_t> DomainLines(const ListSnapshot& list) {
  const auto bound = [&](std::string_view text) {
    std::size_t low = 0;
    for (std::size_t size = list.size(); size > 0;) {
      const std::size_t half = size / 2;
      if (list.line(low + half) < text) {
        low += half + 1;
        size -= half + 1;
      } else {
        size = half;
      }
    }
    return low;
  };
  return {bound("domain "), bound("domain!")};
}

Result<Response> Ask(TcpChannel& channel, const std::string& name, RecordType type) {
  const auto request = MakeQuery(name, type, /*recursive=*/true, nullptr);
  if (!request) return tl::unexpected(request.error());
  const auto wire = channel.Exchange(request->wire);
  if (!wire) return Fail(ErrorCode::unavailable, wire.error().detail);
  return ReadResponse(*wire, *request, nullptr);
}

}  // namespace

std::vector<std::string> SampleBlocked(const ListSnapshot& list, std::string_view zone,
                                       std::size_t count, std::uint64_t seed) {
  const auto [first, end] = DomainLines(list);
  std::vector<std::string> names;
  if (first == end) return names;
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    // Few enough names to look at them all: no random choice then.
    const std::size_t offset = end - first <= count ? i : random() % (end - first);
    if (offset >= end - first) break;
    const std::string_view name = list.line(first + offset).substr(domain_kind.size());
    if (!CanTrigger(name, zone)) continue;
    names.emplace_back(name);
    if (below.size() + name.size() <= name_text_max) {
      names.push_back(fmt::format("{}{}", below, name));
    }
  }
  return names;
}

bool Covers(const ListSnapshot& list, std::string_view name) {
  for (; !name.empty(); name = policy::ParentName(name)) {
    if (list.Contains(fmt::format("{}{}", domain_kind, name))) return true;
  }
  return false;
}

std::optional<std::string> BlocksAllowProbe(const ListSnapshot& list,
                                            const std::vector<std::string>& allow_probes) {
  for (const std::string& name : allow_probes) {
    if (Covers(list, name)) {
      return fmt::format("the list blocks {}, which `allow_probes` says must always resolve", name);
    }
  }
  return std::nullopt;
}

// Only BIND says which zone decided. The others have already proven by the stamp that they have the
// zone without this name.
bool Resolvers::StillBlocks(const Endpoint& resolver, const std::string& name) const {
  auto channel = TcpChannel::Connect(resolver, block_answer_time);
  if (!channel) return false;
  const auto response = Ask(*channel, name, RecordType::a);
  return response && response->rcode == rcode_no_such_name && response->additional_soa &&
         response->additional_soa->owner == zone_;
}

Result<void> Resolvers::ProveOne(const Endpoint& resolver, const Stamp& stamp,
                                 const Probes& probes) const {
  auto channel = TcpChannel::Connect(resolver, timeout_);
  if (!channel) return tl::unexpected(channel.error());
  const auto contradicts = [&](const std::string& name, const Response& response,
                               std::string_view wanted) {
    return Fail(ErrorCode::conflict,
                fmt::format("the resolver {} answers {} for {}, {}", ToString(resolver),
                            RcodeName(response.rcode), name, wanted));
  };
  const auto text = Ask(*channel, std::string(stamp_owner), RecordType::txt);
  if (!text) return tl::unexpected(text.error());
  if (text->text != ToText(stamp)) {
    return contradicts(std::string(stamp_owner), *text,
                       fmt::format("but not with the list of serial {}: does it use the zone {} "
                                   "(BIND: `response-policy`, with `min-update-interval 0`), and "
                                   "does it get its changes?",
                                   stamp.serial, zone_));
  }
  for (const std::string& name : probes.blocked) {
    const auto response = Ask(*channel, name, RecordType::a);
    if (!response) return tl::unexpected(response.error());
    if (response->rcode != rcode_no_such_name) {
      return contradicts(name, *response, "which the list blocks");
    }
  }
  for (const std::string& name : probes.cleared) {
    if (StillBlocks(resolver, name)) {
      return Fail(ErrorCode::conflict,
                  fmt::format("the resolver {} still blocks {}", ToString(resolver), name));
    }
  }
  for (const std::string& name : probes.allowed) {
    const auto response = Ask(*channel, name, RecordType::a);
    if (!response) return tl::unexpected(response.error());
    if (response->rcode == rcode_no_such_name) {
      return contradicts(name, *response, "which must always resolve (`allow_probes`)");
    }
  }
  return {};
}

Result<std::string> Resolvers::Prove(const Stamp& stamp, const Probes& probes,
                                     std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<Endpoint> waiting = endpoints_;
  for (;;) {
    std::vector<Endpoint> behind;
    std::string trouble;
    ErrorCode code = ErrorCode::unavailable;
    for (const Endpoint& resolver : waiting) {
      const auto proven = ProveOne(resolver, stamp, probes);
      if (proven) continue;
      behind.push_back(resolver);
      if (!trouble.empty()) trouble += "; ";
      trouble += proven.error().detail;
      if (proven.error().code == ErrorCode::conflict) code = ErrorCode::conflict;
    }
    if (behind.empty()) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(code, fmt::format("{} of {} resolvers enforce the list, but {}",
                                    endpoints_.size() - behind.size(), endpoints_.size(), trouble));
    }
    waiting = std::move(behind);
    std::this_thread::sleep_for(pause);
  }
  const std::size_t questions =
      1 + probes.blocked.size() + probes.cleared.size() + probes.allowed.size();
  return fmt::format("{} of {} resolvers answer as the list says for all of {} questions",
                     endpoints_.size(), endpoints_.size(), questions);
}

}  // namespace exporters::rpz
