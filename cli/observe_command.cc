#include <algorithm>
#include <chrono>
#include <istream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/observed_file.h"
#include "cli/progress.h"
#include "platform/atomic_file.h"
#include "platform/encoding.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using Rows = std::vector<ObservedRow>;

// What one call may bring, with room to spare (api.proto).
constexpr int batch_rows_max = 10'000;
constexpr std::size_t batch_size_max = 3 * 1024 * 1024;
constexpr std::size_t file_size_max = std::size_t{1} << 30U;
constexpr std::size_t request_id_size = 16;
constexpr int attempts_max = 3;
constexpr std::size_t refusals_shown_max = 100;

Result<Rows> ReadRows(const Session& session, const Arguments& arguments) {
  Rows rows;
  for (const std::string& target : arguments.targets) {
    rows.push_back({rows.size() + 1, {}});
    rows.back().observed.set_indicator(target);
  }
  if (arguments.file.empty()) return rows;
  std::string text;
  if (arguments.file == "-") {
    text.assign(std::istreambuf_iterator<char>(session.surroundings.in), {});
  } else {
    auto read = platform::ReadFile(arguments.file, file_size_max);
    if (!read) return Fail(ErrorCode::malformed_input, read.error().detail);
    text = *std::move(read);
  }
  auto more = ReadObserved(text, arguments.format);
  if (!more) return Fail(more.error().code, arguments.file.string() + ": " + more.error().detail);
  rows.insert(rows.end(), std::make_move_iterator(more->begin()),
              std::make_move_iterator(more->end()));
  return rows;
}

// What was typed holds where a row says nothing.
Result<void> Complete(const Arguments& arguments, Rows& rows) {
  const auto until = TimeFrom(arguments.valid_until);
  if (!until) return tl::unexpected(until.error());
  for (ObservedRow& row : rows) {
    v1::Observed& observed = row.observed;
    if (arguments.confidence && !observed.has_confidence()) {
      observed.set_confidence(*arguments.confidence);
    }
    if (observed.threat().empty()) observed.set_threat(arguments.threat);
    if (*until && !observed.has_valid_until()) *observed.mutable_valid_until() = **until;
    if (arguments.withdraw) observed.set_withdrawn(true);
  }
  return {};
}

Result<v1::ObserveRequest> RequestFor(const Arguments& arguments) {
  const auto id = platform::RandomBytes(request_id_size);
  if (!id) return tl::unexpected(id.error());
  v1::ObserveRequest request;
  request.set_feed(arguments.feed);
  request.set_all_or_nothing(arguments.all_or_nothing);
  request.set_request_id(platform::ToHex(*id));
  return request;
}

// The agent knows a request that it took by its ID, so that asking again is safe.
Result<v1::ObserveResponse> Send(const Session& session, const v1::ObserveRequest& request) {
  for (int attempt = 1;; ++attempt) {
    auto response = session.agent.Call(&v1::Feeds::Stub::Observe, request);
    if (response) return response;
    const ErrorCode code = response.error().code;
    const bool may_help = code == ErrorCode::exhausted || code == ErrorCode::unavailable ||
                          code == ErrorCode::outcome_unknown;
    if (!may_help || attempt == attempts_max) return response;
    std::this_thread::sleep_for(std::chrono::seconds(attempt));
  }
}

// Takes rows from `at` on into `request`, as many as one call may bring.
std::size_t Fill(const Rows& rows, std::size_t at, v1::ObserveRequest& request) {
  std::size_t size = 0;
  while (at < rows.size() && request.observations_size() < batch_rows_max) {
    size += rows[at].observed.ByteSizeLong();
    if (size > batch_size_max && request.observations_size() > 0) break;
    *request.add_observations() = rows[at++].observed;
  }
  return at;
}

void Tell(const Session& session, const Rows& rows, const v1::ObserveResponse& total) {
  std::size_t shown = 0;
  for (const v1::ObserveRejection& each : total.rejected()) {
    if (each.index() >= rows.size() || ++shown > refusals_shown_max) continue;
    const ObservedRow& row = rows[each.index()];
    session.printer.Say(Text::observed_row_refused, row.line,
                        IndicatorCell(row.observed.indicator()), each.reason());
  }
}

CommandResult Report(const Session& session, const v1::ObserveResponse& total) {
  const auto code = total.rejected_size() == 0 ? ExitCode::ok : ExitCode::failure;
  if (session.printer.is_json()) {
    const auto printed = JsonOf(session, total);
    return printed ? CommandResult(code) : printed;
  }
  Table table = TableOf(session.printer, {Text::taken, Text::refused});
  table.rows.push_back({std::to_string(total.accepted()), std::to_string(total.rejected_size())});
  session.printer.Show(table);
  return code;
}

Result<v1::ObserveResponse> SendAll(const Session& session, const Arguments& arguments,
                                    const Rows& rows) {
  v1::ObserveResponse total;
  Progress progress(session.surroundings, rows.size());
  for (std::size_t at = 0; at < rows.size();) {
    auto request = RequestFor(arguments);
    if (!request) return tl::unexpected(std::move(request.error()));
    const std::size_t first = at;
    at = Fill(rows, first, *request);
    if (arguments.all_or_nothing && at < rows.size()) {
      return Fail(ErrorCode::malformed_input,
                  session.printer.Word(Text::too_many_for_all_or_nothing, rows.size()));
    }
    const auto response = Send(session, *request);
    if (!response) return tl::unexpected(response.error());
    total.set_accepted(total.accepted() + response->accepted());
    for (v1::ObserveRejection rejection : response->rejected()) {
      rejection.set_index(rejection.index() + static_cast<std::uint32_t>(first));
      *total.add_rejected() = std::move(rejection);
    }
    progress.At(at);
  }
  return total;
}

}  // namespace

CommandResult Observe(const Session& session, const Arguments& arguments) {
  auto rows = ReadRows(session, arguments);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->empty()) return UsageError(session, Text::need_indicators);
  if (auto completed = Complete(arguments, *rows); !completed) {
    return tl::unexpected(std::move(completed.error()));
  }
  const auto total = SendAll(session, arguments, *rows);
  if (!total) return tl::unexpected(total.error());
  Tell(session, *rows, *total);
  if (arguments.all_or_nothing && total->rejected_size() > 0) {
    session.printer.Say(Text::observed_nothing_taken);
  }
  return Report(session, *total);
}

}  // namespace cli
