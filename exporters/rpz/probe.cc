#include "exporters/rpz/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "exporters/rpz/message.h"
#include "exporters/rpz/trigger.h"
#include "exporters/rpz/udp_exchange.h"
#include "platform/log.h"
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

// Each costs that time.
constexpr std::size_t silent_count_max = 2;

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

Result<Response> AskByUdp(const Endpoint& resolver, const std::string& name, RecordType type,
                          std::chrono::milliseconds timeout) {
  const auto request = MakeQuery(name, type, /*recursive=*/true, nullptr);
  if (!request) return tl::unexpected(request.error());
  const auto wire = ExchangeByUdp(resolver, request->wire, timeout);
  if (!wire) return tl::unexpected(wire.error());
  return ReadResponse(*wire, *request, nullptr);
}

tl::unexpected<policy::Error> Contradicts(const Endpoint& resolver, const std::string& name,
                                          const Response& response, std::string_view wanted) {
  return Fail(ErrorCode::conflict,
              fmt::format("the resolver {} answers {} for {}, {}", ToString(resolver),
                          RcodeName(response.rcode), name, wanted));
}

// A zone that has no such name, or no such data, shows its SOA record (RFC 2308). Policies show
// none, but for Knot Resolver's, which makes one up.
bool IsOfAZone(const Response& response) {
  return response.authority_soa &&
         response.authority_soa->data.find(" nobody.invalid. ") == std::string::npos;
}

// Empty for an address: no name leads to it.
std::string NameToAsk(const policy::Indicator& target) {
  if (const auto* const domain = std::get_if<policy::Domain>(&target)) return domain->name();
  const auto* const url = std::get_if<policy::Url>(&target);
  const auto* const host = url != nullptr ? std::get_if<policy::Domain>(&url->host()) : nullptr;
  return host != nullptr ? host->name() : "";
}

// A resolver that shall say nothing over UDP still answers over TCP with Unbound and Knot.
bool IsAskedByUdp(const Action& action) {
  return action.kind == ActionKind::drop || action.kind == ActionKind::tcp_only;
}

}  // namespace

std::vector<std::string> SampleBlocked(const ListSnapshot& list, const ZoneParameters& zone,
                                       std::size_t count, std::uint64_t seed) {
  const auto [first, end] = DomainLines(list);
  std::vector<std::string> names;
  if (first == end || zone.names != Trigger::query_name) return names;
  if (zone.action.kind == ActionKind::passthru) return names;
  if (zone.action.IsSilent()) count = std::min(count, silent_count_max);
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    // Few enough names to look at them all: no random choice then.
    const std::size_t offset = end - first <= count ? i : random() % (end - first);
    if (offset >= end - first) break;
    const std::string_view name = list.line(first + offset).substr(domain_kind.size());
    if (!CanTrigger(zone.names, name, zone.name)) continue;
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

// Whether BIND says that one of our zones decided.
bool Resolvers::IsOfOurs(const Response& response) const {
  return response.additional_soa && std::find(zone_names_.begin(), zone_names_.end(),
                                              response.additional_soa->owner) != zone_names_.end();
}

// Only BIND says which zone decided. The others have already proven by the stamp that they have the
// zone without this name.
bool Resolvers::StillBlocks(const Endpoint& resolver, const std::string& name) const {
  auto channel = TcpChannel::Connect(resolver, block_answer_time);
  if (!channel) return false;
  const auto response = Ask(*channel, name, RecordType::a);
  return response && zone_.action.Shows(name, *response) && IsOfOurs(*response);
}

Result<void> Resolvers::ProveStamps(TcpChannel& channel, const Endpoint& resolver,
                                    const std::vector<Stamp>& stamps) const {
  std::vector<Request> requests;
  std::vector<std::string> wires;
  for (const std::string& zone : zone_names_) {
    auto request = MakeQuery(StampOwner(zone), RecordType::txt, /*recursive=*/true, nullptr);
    if (!request) return tl::unexpected(request.error());
    wires.push_back(request->wire);
    requests.push_back(*std::move(request));
  }
  const auto answers = channel.ExchangeAll(wires);
  if (!answers) return Fail(ErrorCode::unavailable, answers.error().detail);
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const auto text = ReadResponse((*answers)[i], requests[i], nullptr);
    if (!text) return tl::unexpected(text.error());
    if (text->text == ToText(stamps[i])) continue;
    return Contradicts(resolver, StampOwner(zone_names_[i]), *text,
                       fmt::format("but not with the list of serial {}: does it use the zone {} "
                                   "(BIND: `response-policy`, with `min-update-interval 0`), and "
                                   "does it get its changes?",
                                   stamps[i].serial, zone_names_[i]));
  }
  return {};
}

Result<void> Resolvers::ProveBlocked(TcpChannel& channel, const Endpoint& resolver,
                                     const std::string& name) const {
  const auto response = IsAskedByUdp(zone_.action)
                            ? AskByUdp(resolver, name, RecordType::a, block_answer_time)
                            : Ask(channel, name, RecordType::a);
  if (!response && zone_.action.IsSilent()) return {};
  if (!response) return tl::unexpected(response.error());
  if (zone_.action.Shows(name, *response)) return {};
  return Contradicts(resolver, name, *response,
                     fmt::format("which the list blocks: it must be {}", zone_.action.Wanted()));
}

bool Resolvers::IsBlock(const Resolver& resolver, const std::string& name, RecordType type,
                        const Response& response) const {
  if (response.additional_soa && !IsOfOurs(response)) return false;
  const bool is_empty =
      response.rcode == rcode_no_error && response.answers == 0 && !response.truncated;
  if (response.rcode == rcode_no_such_name || is_empty) {
    const bool is_denial =
        response.rcode == rcode_no_such_name || zone_.action.Shows(name, response);
    return is_denial && !IsOfAZone(response);
  }
  // Any other resolver fails only where the name's own servers do.
  if (response.rcode == rcode_server_failure && resolver.software != Software::knot) {
    return false;
  }
  if (zone_.action.kind == ActionKind::data && type != RecordType::a) return false;
  return zone_.action.Shows(name, response);
}

Result<Resolvers::Answer> Resolvers::Blocks(const Resolver& resolver,
                                            const std::string& name) const {
  auto channel = TcpChannel::Connect(resolver.endpoint, timeout_);
  if (!channel) return tl::unexpected(channel.error());
  const auto ask = [&](RecordType type) {
    return IsAskedByUdp(zone_.action) ? AskByUdp(resolver.endpoint, name, type, timeout_)
                                      : Ask(*channel, name, type);
  };
  for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
    auto response = ask(type);
    // Knot Resolver fails the first question that has it ask a name server which it doesn't know.
    // No answer isn't asked for again: what Unbound dropped by its address it then gives from its
    // cache.
    if (zone_.action.IsSilent() && response && response->rcode == rcode_server_failure) {
      response = ask(type);
    }
    const bool is_block =
        response ? IsBlock(resolver, name, type, *response) : zone_.action.IsSilent();
    if (is_block) {
      platform::Warn("the resolver {} answers {} for {}, which must work",
                     ToString(resolver.endpoint), response ? RcodeName(response->rcode) : "nothing",
                     name);
      return Answer::blocked;
    }
    if (!response) return Answer::none;
  }
  return Answer::good;
}

Result<std::vector<policy::Indicator>> Resolvers::Blocked(
    const std::vector<policy::Indicator>& targets, std::chrono::milliseconds patience) const {
  std::vector<policy::Indicator> blocked;
  if (zone_.action.kind == ActionKind::passthru) return blocked;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<Resolver> asked = resolvers_;
  for (const policy::Indicator& target : targets) {
    const std::string name = NameToAsk(target);
    if (name.empty()) continue;
    for (auto resolver = asked.begin(); resolver != asked.end();) {
      if (std::chrono::steady_clock::now() >= deadline) {
        platform::Warn("no time was left to ask for {} and what else must work after it", name);
        return blocked;
      }
      const auto answer = Blocks(*resolver, name);
      if (!answer) return tl::unexpected(answer.error());
      if (*answer == Answer::blocked) {
        blocked.push_back(target);
        break;
      }
      if (*answer == Answer::none) {
        platform::Warn("the resolver {} gives no answer for {}, and is asked for nothing else",
                       ToString(resolver->endpoint), name);
        resolver = asked.erase(resolver);
      } else {
        ++resolver;
      }
    }
  }
  return blocked;
}

Result<void> Resolvers::ProveOne(const Endpoint& resolver, const std::vector<Stamp>& stamps,
                                 const Probes& probes) const {
  auto channel = TcpChannel::Connect(resolver, timeout_);
  if (!channel) return tl::unexpected(channel.error());
  if (auto proven = ProveStamps(*channel, resolver, stamps); !proven) return proven;
  for (const std::string& name : probes.blocked) {
    if (auto proven = ProveBlocked(*channel, resolver, name); !proven) return proven;
  }
  for (const std::string& name : probes.cleared) {
    if (StillBlocks(resolver, name)) {
      return Fail(ErrorCode::conflict,
                  fmt::format("the resolver {} still blocks {}", ToString(resolver), name));
    }
  }
  return {};
}

std::string Resolvers::Departures() const {
  std::string text;
  for (const Resolver& resolver : resolvers_) {
    if (!resolver.software) continue;
    for (const auto trigger : {std::optional(zone_.names), zone_.addresses}) {
      if (!trigger) continue;
      const auto departure = DepartureOf(*resolver.software, *trigger, zone_.action);
      if (!departure) continue;
      const std::string told = fmt::format("; {} at {} {}", Name(*resolver.software),
                                           ToString(resolver.endpoint), departure->text);
      if (!text.ends_with(told)) text += told;
    }
  }
  return text;
}

Result<std::string> Resolvers::Prove(const std::vector<Stamp>& stamps, const Probes& probes,
                                     std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<Resolver> waiting = resolvers_;
  for (;;) {
    std::vector<Resolver> behind;
    std::string trouble;
    ErrorCode code = ErrorCode::unavailable;
    for (const Resolver& resolver : waiting) {
      const auto proven = ProveOne(resolver.endpoint, stamps, probes);
      if (proven) continue;
      behind.push_back(resolver);
      if (!trouble.empty()) trouble += "; ";
      trouble += proven.error().detail;
      if (proven.error().code == ErrorCode::conflict) code = ErrorCode::conflict;
    }
    if (behind.empty()) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(code, fmt::format("{} of {} resolvers enforce the list, but {}",
                                    resolvers_.size() - behind.size(), resolvers_.size(), trouble));
    }
    waiting = std::move(behind);
    std::this_thread::sleep_for(pause);
  }
  const std::size_t questions = stamps.size() + probes.blocked.size() + probes.cleared.size();
  return fmt::format("{} of {} resolvers answer as the list says for all of {} questions{}",
                     resolvers_.size(), resolvers_.size(), questions, Departures());
}

}  // namespace exporters::rpz
