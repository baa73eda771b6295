#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/history/checkpoint.h"
#include "agent/history/entry.h"
#include "agent/history/merkle.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/history_reader.h"
#include "cli/progress.h"
#include "platform/encoding.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

using agent::history::Checkpoint;
using agent::history::Hash;
using agent::history::VerifierKey;
using agent::history::VerifyReport;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t note_size_max = 64 * 1024;

Result<VerifierKey> KeyOf(const Session& session) {
  if (session.settings.verifier_key.empty()) return UsageError(session, Text::need_key);
  return VerifierKey::Parse(session.settings.verifier_key);
}

Result<std::string> ReadNote(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string note(note_size_max + 1, '\0');
  in.read(note.data(), static_cast<std::streamsize>(note.size()));
  note.resize(static_cast<std::size_t>(in.gcount()));
  if (in.is_open() && !in.bad() && !note.empty() && note.size() <= note_size_max) return note;
  return Fail(ErrorCode::malformed_input,
              "cannot read a witnessed checkpoint from " + file.string());
}

Result<VerifiedHistory> Verify(const Session& session, const Arguments& arguments) {
  const auto key = KeyOf(session);
  if (!key) return tl::unexpected(key.error());
  std::vector<std::string> witnessed;
  for (const std::filesystem::path& file : arguments.witnessed) {
    auto note = ReadNote(file);
    if (!note) return tl::unexpected(std::move(note.error()));
    witnessed.push_back(std::move(*note));
  }
  Progress progress(session.surroundings);
  return ReadAndVerify(session.agent, *key, witnessed, progress);
}

void PrintJson(const Printer& printer, const Json& json) {
  printer.JsonText(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

// Numbers are strings as in all other JSON of this program.
Json JsonOf(const VerifiedHistory& history) {
  const VerifyReport& report = history.report;
  Json json{{"ok", report.ok},
            {"entries", std::to_string(report.entries)},
            {"proved", std::to_string(report.proved)},
            {"checkpoint", history.last_note}};
  if (report.first_bad_index) {
    json["first_bad_index"] = std::to_string(*report.first_bad_index);
    json["bad_before"] = std::to_string(report.bad_before);
    json["problem"] = report.problem;
  }
  return json;
}

void SayProblem(const Printer& printer, const VerifyReport& report) {
  const std::uint64_t first = report.first_bad_index.value_or(0);
  if (report.bad_before > first + 1) {
    printer.Say(Text::history_bad_between, first, report.bad_before - 1, report.problem);
  } else {
    printer.Say(Text::history_bad, first, report.problem);
  }
}

void ShowNote(const Printer& printer, const std::string& note) {
  for (std::string_view rest = note; !rest.empty();) {
    const auto end = rest.find('\n');
    printer.Line(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
}

void ShowReport(const Printer& printer, const VerifiedHistory& history) {
  Table table = TableOf(printer, {Text::entries, Text::proved});
  table.rows.push_back(
      {std::to_string(history.report.entries), std::to_string(history.report.proved)});
  printer.Show(table);
  if (history.last_note.empty()) return;
  printer.Line("");
  printer.Line(printer.Word(Text::checkpoint));
  ShowNote(printer, history.last_note);
}

struct Proof {
  Checkpoint checkpoint;
  std::vector<Hash> path;
};

// What is checked is the agent: whatever is wrong with its answer means that nothing is proved.
Result<Proof> CheckProof(const v1::ProveEntryResponse& response, std::uint64_t index,
                         const VerifierKey& key) {
  const auto checkpoint = agent::history::OpenCheckpoint(response.checkpoint(), {&key, 1});
  if (!checkpoint) {
    return Fail(ErrorCode::corrupt, "the checkpoint is not good: " + checkpoint.error().detail);
  }
  Proof proof{*checkpoint, {}};
  for (const std::string& step : response.path()) {
    const auto hash = proto::FromBytes(step);
    if (!hash) return Fail(ErrorCode::corrupt, "the path holds what is no SHA-256");
    proof.path.push_back(*hash);
  }
  const std::string& leaf = response.entry().leaf();
  const auto claimed = agent::history::IndexOf(leaf);
  if (!claimed || *claimed != index || response.entry().index() != index) {
    return Fail(ErrorCode::corrupt, "the agent's answer is not entry " + std::to_string(index));
  }
  if (!agent::history::VerifyInclusion(agent::history::LeafHash(leaf), index, checkpoint->size,
                                       proof.path, checkpoint->root)) {
    return Fail(ErrorCode::corrupt,
                "entry " + std::to_string(index) + " is not in the history of " +
                    std::to_string(checkpoint->size) + " entries that the checkpoint signs");
  }
  return proof;
}

void ShowProof(const Printer& printer, const v1::ProveEntryResponse& response) {
  printer.Line(response.entry().leaf());
  for (const std::string& step : response.path()) printer.Line(platform::ToHex(step));
  printer.Line("");
  ShowNote(printer, response.checkpoint());
}

}  // namespace

CommandResult ListHistory(const Session& session, const Arguments& arguments) {
  v1::ListEntriesRequest request;
  request.set_from(arguments.from);
  request.set_limit(arguments.limit);
  request.set_subject(arguments.subject);
  if (!arguments.since.empty()) {
    const auto since = policy::ParseTime(arguments.since);
    if (!since) return tl::unexpected(since.error());
    *request.mutable_since() = proto::ToTimestamp(*since);
  }
  const auto response = session.agent.Call(&v1::History::Stub::ListEntries, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(EntryTable(session.printer, response->entries()));
  if (response->next() != 0) session.printer.Say(Text::more_entries, response->next());
  return ExitCode::ok;
}

CommandResult VerifyHistory(const Session& session, const Arguments& arguments) {
  const auto history = Verify(session, arguments);
  if (!history) return tl::unexpected(history.error());
  const Printer& printer = session.printer;
  if (printer.is_json()) {
    PrintJson(printer, JsonOf(*history));
  } else {
    ShowReport(printer, *history);
  }
  if (!history->report.ok) {
    SayProblem(printer, history->report);
    return ExitCode::degraded;
  }
  printer.Say(Text::history_good, history->report.entries);
  return ExitCode::ok;
}

CommandResult ProveEntry(const Session& session, const Arguments& arguments) {
  const auto key = KeyOf(session);
  if (!key) return tl::unexpected(key.error());
  v1::ProveEntryRequest request;
  request.set_index(arguments.number);
  const auto response = session.agent.Call(&v1::History::Stub::ProveEntry, request);
  if (!response) return tl::unexpected(response.error());
  const auto proof = CheckProof(*response, arguments.number, *key);
  if (!proof) return tl::unexpected(proof.error());
  if (session.printer.is_json()) {
    if (auto ok = session.printer.Json(*response); !ok) return tl::unexpected(ok.error());
  } else {
    ShowProof(session.printer, *response);
  }
  session.printer.Say(Text::proof_good, arguments.number, proof->checkpoint.size);
  return ExitCode::ok;
}

}  // namespace cli
