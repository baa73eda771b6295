#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "agent/api/why.h"
#include "agent/people/acts.h"
#include "policy/coverage.h"
#include "policy/evaluate.h"
#include "policy/refang.h"
#include "proto/convert.h"
#include "sekisho/v1/unblock.pb.h"

namespace agent::api {
namespace {

using people::Throttle;
using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
namespace v1 = sekisho::v1;

constexpr std::size_t asking_size_max = 16 * 1024;
constexpr std::size_t note_size_max = 1000;
constexpr std::size_t contact_size_max = 200;
constexpr std::size_t listed_by_default = 100;
constexpr std::size_t listed_max = 1000;
constexpr int ipv6_network_length = 56;  // what one subscriber has (RFC 6177)

// ---- What strangers may do

struct Strangers {
  const Desk& desk;
  Throttle asking;
  Throttle tracking;
};

// Whoever has a whole IPv6 network has a single allowance.
std::string NetworkOf(const std::string& address) {
  const auto prefix = policy::IpPrefix::Parse(address);
  if (!prefix || prefix->length_max() == 32) return address;
  const int host_bits = prefix->length_max() - ipv6_network_length;
  const auto network = policy::IpPrefix::From(
      prefix->family(), prefix->first() >> host_bits << host_bits, ipv6_network_length);
  return network ? network->AddressString() : address;
}

Result<void> Admit(Throttle& throttle, const Call& call, const Desk& desk) {
  const auto verdict = throttle.Begin("all", NetworkOf(call.peer), desk.clock.Now());
  if (verdict == Throttle::Verdict::go_on) return {};
  return Fail(ErrorCode::exhausted, "too many requests; try again later, or ask your help desk");
}

// One line; a note may have more.
Result<void> CheckText(std::string_view text, std::string_view what, std::size_t size_max,
                       std::string_view allowed) {
  if (text.size() > size_max) {
    return Fail(ErrorCode::malformed_input, std::string(what) + " may have " +
                                                std::to_string(size_max) + " bytes; this has " +
                                                std::to_string(text.size()));
  }
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (is_control && allowed.find(c) == allowed.npos) {
      return Fail(ErrorCode::malformed_input, std::string(what) + " has a control character");
    }
  }
  return {};
}

Indicator SiteOf(const Indicator& target) {
  const auto* url = std::get_if<policy::Url>(&target);
  return url == nullptr ? target : policy::HostOf(*url);
}

Result<Indicator> AskedFor(const v1::AskRequest& request) {
  auto target = TypedIndicator(request.target());
  if (!target) return target;
  const auto* prefix = std::get_if<policy::IpPrefix>(&*target);
  const bool is_site = prefix == nullptr || prefix->is_address();
  if (!is_site || policy::KindOf(*target) == policy::IndicatorKind::file_hash) {
    return Fail(ErrorCode::malformed_input, "name one site: an address of a page, or a host");
  }
  return target;
}

// Blocks of what covers the target that nobody has taken back; narrowest first.
Result<std::vector<store::Block>> BlocksOn(store::Reader& reader, const Indicator& target) {
  std::vector<store::Block> blocks;
  for (const Indicator& cover : policy::CoveredBy(target)) {
    auto found = reader.BlocksOf(cover);
    if (!found) return tl::unexpected(found.error());
    for (store::Block& block : *found) {
      if (!block.removed_release && block.removed_because.empty()) {
        blocks.push_back(std::move(block));
      }
    }
  }
  return blocks;
}

// What is kept of it: the path and query of a page are nobody's business unless they are what is
// blocked.
Result<Indicator> Reduced(store::Reader& reader, Indicator target) {
  const auto blocks = BlocksOn(reader, target);
  if (!blocks) return tl::unexpected(blocks.error());
  const bool is_blocked_itself = !blocks->empty() && blocks->front().target == target;
  return is_blocked_itself ? target : SiteOf(target);
}

Result<void> CheckAsking(const v1::AskRequest& request) {
  if (request.note().find_first_not_of(" \t\r\n") == std::string::npos) {
    return Fail(ErrorCode::malformed_input, "say what you need it for");
  }
  if (auto checked = CheckText(request.note(), "a note", note_size_max, "\n\r\t"); !checked) {
    return checked;
  }
  return CheckText(request.contact(), "a contact", contact_size_max, "");
}

Result<v1::AskResponse> Ask(Strangers& strangers, const Call& call, const v1::AskRequest& request) {
  const Desk& desk = strangers.desk;
  if (!desk.unblock_requests) {
    return Fail(ErrorCode::not_found,
                "no requests are taken here: section unblock_requests is not configured");
  }
  if (auto checked = CheckAsking(request); !checked) return tl::unexpected(checked.error());
  auto target = AskedFor(request);
  if (!target) return tl::unexpected(target.error());
  if (auto admitted = Admit(strangers.asking, call, desk); !admitted) {
    return tl::unexpected(admitted.error());
  }
  auto token = people::NewSecret();
  if (!token) return tl::unexpected(token.error());
  const auto written = desk.engine.Write([&](store::Transaction& transaction,
                                             const Engine::Append& append) -> Result<void> {
    const auto open = transaction.CountOpenUnblockRequests();
    if (!open) return tl::unexpected(open.error());
    if (*open >= desk.unblock_requests->open_max) {
      return Fail(ErrorCode::exhausted, "too many requests wait for an answer; ask your help desk");
    }
    auto kept = Reduced(transaction, *target);
    if (!kept) return tl::unexpected(kept.error());
    store::UnblockRequest asked{.token = policy::Sha256Of(*token), .target = *std::move(kept)};
    asked.note = request.note();
    asked.contact = request.contact();
    asked.at = desk.clock.Now();
    const auto id = transaction.PutUnblockRequest(asked);
    if (!id) return tl::unexpected(id.error());
    // Not what the asker wrote: the history forgets nothing.
    return append({"agent", "unblock-request.ask", policy::LineOf(asked.target),
                   people::DetailOf({{"request", std::to_string(*id)}})});
  });
  if (!written) return tl::unexpected(written.error());
  v1::AskResponse response;
  response.set_token(*std::move(token));
  return response;
}

// Not whether a page or its host is blocked, either: the host is all it says.
Result<v1::TrackResponse> Track(Strangers& strangers, const Call& call,
                                const v1::TrackRequest& request) {
  if (auto admitted = Admit(strangers.tracking, call, strangers.desk); !admitted) {
    return tl::unexpected(admitted.error());
  }
  auto reader = strangers.desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto found = (*reader)->FindUnblockRequest(policy::Sha256Of(request.token()));
  if (!found) return tl::unexpected(found.error());
  if (!*found) return Fail(ErrorCode::not_found, "there is no such request");
  const store::UnblockRequest& asked = **found;
  v1::TrackResponse response;
  response.set_state(std::string(store::Name(asked.state)));
  const Indicator site = SiteOf(asked.target);
  const auto* address = std::get_if<policy::IpPrefix>(&site);
  response.set_site(address == nullptr ? policy::TextOf(site) : address->AddressString());
  *response.mutable_at() = proto::ToTimestamp(asked.at);
  response.set_answer(asked.answer);
  if (asked.answered_at) *response.mutable_answered_at() = proto::ToTimestamp(*asked.answered_at);
  if (asked.until) *response.mutable_until() = proto::ToTimestamp(*asked.until);
  return response;
}

// ---- What people do about it

// Who answers has to know who asks; nobody else does.
v1::UnblockRequest ToMessage(const store::UnblockRequest& request, const Caller& caller) {
  v1::UnblockRequest message;
  message.set_id(request.id);
  message.set_kind(std::string(policy::Name(policy::KindOf(request.target))));
  message.set_indicator(policy::TextOf(request.target));
  message.set_defanged(policy::Defang(message.indicator()));
  if (CheckAccess(caller, "/sekisho.v1.UnblockRequests/Grant")) {
    message.set_note(request.note);
    message.set_contact(request.contact);
  }
  *message.mutable_at() = proto::ToTimestamp(request.at);
  message.set_state(std::string(store::Name(request.state)));
  message.set_answered_by(request.answered_by);
  message.set_answer(request.answer);
  if (request.answered_at) {
    *message.mutable_answered_at() = proto::ToTimestamp(*request.answered_at);
  }
  if (request.until) *message.mutable_until() = proto::ToTimestamp(*request.until);
  return message;
}

Result<v1::ListUnblockRequestsResponse> List(const Desk& desk, const Caller& caller,
                                             const v1::ListUnblockRequestsRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), listed_by_default, listed_max);
  auto rows = request.all() ? (*reader)->ListUnblockRequests(request.before(), limit + 1)
                            : (*reader)->OpenUnblockRequests();
  if (!rows) return tl::unexpected(rows.error());
  v1::ListUnblockRequestsResponse response;
  if (request.all() && rows->size() > limit) {
    rows->pop_back();
    response.set_next_before(rows->back().id);
  }
  for (const store::UnblockRequest& row : *rows) {
    *response.add_requests() = ToMessage(row, caller);
  }
  return response;
}

Result<v1::GetUnblockRequestResponse> Get(const Desk& desk, const Caller& caller,
                                          const v1::GetUnblockRequestRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto found = (*reader)->FindUnblockRequest(request.id());
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    return Fail(ErrorCode::not_found,
                "there is no unblock request " + std::to_string(request.id()));
  }
  const Indicator& target = (*found)->target;
  v1::GetUnblockRequestResponse response;
  *response.mutable_request() = ToMessage(**found, caller);
  const auto open = (*reader)->OpenUnblockRequests();
  if (!open) return tl::unexpected(open.error());
  for (const store::UnblockRequest& each : *open) {
    if (each.id != request.id() && each.target == target) {
      *response.add_others() = ToMessage(each, caller);
    }
  }
  const auto blocks = BlocksOn(**reader, target);
  if (!blocks) return tl::unexpected(blocks.error());
  for (const store::Block& block : *blocks) *response.add_blocks() = api::ToMessage(block);
  v1::WhyRequest question;
  question.set_indicator(policy::TextOf(target));
  auto why = Why(desk, question);
  if (!why) return tl::unexpected(why.error());
  *response.mutable_why() = *std::move(why);
  return response;
}

Result<v1::AnswerResponse> Answer(const Desk& desk, const Caller& caller,
                                  const UnblockAnswer& answer) {
  if (auto checked = CheckReason(answer.reason); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto report = desk.engine.Answer(answer);
  if (!report) return tl::unexpected(report.error());
  v1::AnswerResponse response;
  for (const store::UnblockRequest& each : report->answered) {
    *response.add_requests() = ToMessage(each, caller);
  }
  for (const store::Block& block : report->blocks) *response.add_blocks() = api::ToMessage(block);
  response.set_release(report->release);
  return response;
}

Result<v1::AnswerResponse> Grant(const Desk& desk, const Caller& caller,
                                 const v1::GrantRequest& request) {
  UnblockAnswer answer{request.id(), true, caller.name, request.reason(), std::nullopt};
  if (request.has_lifetime()) {
    const auto lifetime = LifetimeOf(request.lifetime());
    if (!lifetime) return tl::unexpected(lifetime.error());
    answer.lifetime = *lifetime;
  }
  return Answer(desk, caller, answer);
}

void AddForStrangers(MethodTable& table, const Desk& desk) {
  const UnblockRules rules = desk.unblock_requests.value_or(UnblockRules());
  const std::shared_ptr<Strangers> strangers(
      new Strangers{desk, Throttle(rules.asking), Throttle(rules.tracking)});
  table.AddForCall<v1::AskRequest, v1::AskResponse>(
      "sekisho.v1.UnblockRequests.Ask",
      [strangers](Call& call, const auto& request) { return Ask(*strangers, call, request); },
      asking_size_max);
  table.AddForCall<v1::TrackRequest, v1::TrackResponse>(
      "sekisho.v1.UnblockRequests.Track",
      [strangers](Call& call, const auto& request) { return Track(*strangers, call, request); },
      asking_size_max);
}

}  // namespace

void AddUnblockRequests(MethodTable& table, const Desk& desk) {
  AddForStrangers(table, desk);
  table.Add<v1::ListUnblockRequestsRequest, v1::ListUnblockRequestsResponse>(
      "sekisho.v1.UnblockRequests.ListUnblockRequests",
      [&desk](const Caller& caller, const auto& request) { return List(desk, caller, request); });
  table.Add<v1::GetUnblockRequestRequest, v1::GetUnblockRequestResponse>(
      "sekisho.v1.UnblockRequests.GetUnblockRequest",
      [&desk](const Caller& caller, const auto& request) { return Get(desk, caller, request); });
  table.Add<v1::DeclineRequest,
            v1::AnswerResponse>("sekisho.v1.UnblockRequests.Decline", [&desk](const Caller& caller,
                                                                              const auto& request) {
    return Answer(desk, caller, {request.id(), false, caller.name, request.reason(), std::nullopt});
  });
  table.Add<v1::GrantRequest, v1::AnswerResponse>(
      "sekisho.v1.UnblockRequests.Grant",
      [&desk](const Caller& caller, const auto& request) { return Grant(desk, caller, request); });
}

}  // namespace agent::api
