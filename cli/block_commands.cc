#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

std::optional<std::int64_t> IdOf(const std::string& text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_id = error == std::errc() && end == text.data() + text.size() && id > 0;
  return is_id ? std::optional(id) : std::nullopt;
}

// All IDs, or one indicator.
policy::Result<v1::RevokeBlocksRequest> RevokeRequestOf(const Session& session,
                                                        const Arguments& arguments) {
  v1::RevokeBlocksRequest request;
  for (const std::string& target : arguments.targets) {
    if (const auto id = IdOf(target)) {
      request.add_ids(*id);
    } else {
      request.set_indicator(target);
    }
  }
  if (!request.indicator().empty() && arguments.targets.size() > 1) {
    return UsageError(session, Text::need_ids_or_indicator);
  }
  request.set_reason(arguments.reason);
  return request;
}

}  // namespace

CommandResult ListBlocks(const Session& session, const Arguments& arguments) {
  v1::ListBlocksRequest request;
  request.set_limit(arguments.limit);
  request.set_page_token(arguments.page_token);
  request.set_include_removed(arguments.all);
  if (!arguments.expires.empty()) {
    const auto within = policy::ParseDuration(arguments.expires);
    if (!within) return tl::unexpected(within.error());
    *request.mutable_expiring_within() = proto::ToDuration(*within);
  }
  const auto response = session.agent.Call(&v1::Blocks::Stub::ListBlocks, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(BlockTable(session.printer, response->blocks()));
  if (!response->next_page_token().empty()) {
    session.printer.Say(Text::more_pages, response->blocks_size(), response->total(),
                        response->next_page_token());
  }
  return ExitCode::ok;
}

CommandResult AddBlock(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::AddBlockRequest request;
  request.set_indicator(arguments.indicator);
  request.set_reason(arguments.reason);
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  const auto response = session.agent.Call(&v1::Blocks::Stub::AddBlock, request);
  if (!response) return tl::unexpected(response.error());
  session.printer.Say(Text::waits_for_another, response->proposal().id());
  if (session.printer.is_json()) return JsonOf(session, *response);
  google::protobuf::RepeatedPtrField<v1::Proposal> proposals;
  *proposals.Add() = response->proposal();
  session.printer.Show(ProposalTable(session.printer, proposals));
  return ExitCode::ok;
}

CommandResult RenewBlocks(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::RenewBlocksRequest request;
  request.mutable_ids()->Add(arguments.ids.begin(), arguments.ids.end());
  request.set_reason(arguments.reason);
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  const auto response = session.agent.Call(&v1::Blocks::Stub::RenewBlocks, request);
  if (!response) return tl::unexpected(response.error());
  for (const v1::Refusal& refusal : response->refused()) {
    session.printer.Say(Text::refusal, refusal.id(), IndicatorCell(refusal.indicator()),
                        refusal.reason());
  }
  if (session.printer.is_json()) {
    if (auto ok = session.printer.Json(*response); !ok) return tl::unexpected(ok.error());
  } else {
    Table table =
        TableOf(session.printer, {Text::renewed, Text::awaiting, Text::refused, Text::release});
    table.rows.push_back({std::to_string(response->renewed()), std::to_string(response->awaiting()),
                          std::to_string(response->refused_size()),
                          NumberCell(response->release())});
    session.printer.Show(table);
  }
  return response->refused_size() == 0 ? ExitCode::ok : ExitCode::failure;
}

CommandResult RevokeBlocks(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  const auto request = RevokeRequestOf(session, arguments);
  if (!request) return tl::unexpected(request.error());
  const auto response = session.agent.Call(&v1::Blocks::Stub::RevokeBlocks, *request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(session.printer, {Text::revoked, Text::release});
  table.rows.push_back({std::to_string(response->revoked()), NumberCell(response->release())});
  session.printer.Show(table);
  return ExitCode::ok;
}

}  // namespace cli
