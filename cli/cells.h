#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/repeated_ptr_field.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/printer.h"
#include "cli/table.h"
#include "sekisho/v1/api.pb.h"

// What the agent's answers look like in tables. Indicators are defanged, so that nobody clicks or
// pastes one by accident.
namespace cli {

namespace v1 = sekisho::v1;

// Empty where the time is not set.
std::string TimeCell(const google::protobuf::Timestamp& time);
std::string DurationCell(const google::protobuf::Duration& duration);
// 0 is empty: none.
std::string NumberCell(std::uint64_t number);
std::string IndicatorCell(std::string_view canonical);
// An entry's subject, "domain evil.example" or another, "release 7".
std::string SubjectCell(std::string_view subject);
std::string JoinCell(const google::protobuf::RepeatedPtrField<std::string>& words);

// `columns` become the headers.
Table TableOf(const Printer& printer, const std::vector<Text>& columns);

Table ProposalTable(const Printer& printer,
                    const google::protobuf::RepeatedPtrField<v1::Proposal>& proposals);
Table BlockTable(const Printer& printer,
                 const google::protobuf::RepeatedPtrField<v1::Block>& blocks);
Table ReasonTable(const google::protobuf::RepeatedPtrField<v1::Reason>& reasons);
Table EntryTable(const Printer& printer,
                 const google::protobuf::RepeatedPtrField<v1::Entry>& entries);

// "12", or "~140" for an estimate.
std::string ClientsCell(const v1::Traffic& traffic);
// A line of what our own clients use, with a bar for each day.
std::string TrafficCell(const Printer& printer, const v1::Traffic& traffic);

// On stderr: what the blocks would cut our own clients off from.
void SayCut(const Printer& printer, const v1::TrafficCut& cut);

// On stderr: what others are at, if anything; the first few.
void SayClaims(const Printer& printer, const google::protobuf::RepeatedPtrField<v1::Claim>& claims);

// On stderr, if there are any.
void SayMissingAllowlists(const Printer& printer,
                          const google::protobuf::RepeatedPtrField<std::string>& names);

}  // namespace cli
