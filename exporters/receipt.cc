#include "exporters/receipt.h"

#include <algorithm>

#include "proto/convert.h"

namespace exporters {
namespace {

using sekisho::v1::ExporterMessage;
using sekisho::v1::Nack;

// Reasons may quote a device or a hostile message; a string field has to be UTF-8, and short.
std::string ForMessage(std::string text) {
  constexpr std::size_t size_max = 4096;
  text.resize(std::min(text.size(), size_max));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return text;
}

constexpr std::size_t parts_max = 64;

void Fill(const LeftOut& left_out, sekisho::v1::LeftOut& message) {
  message.set_place(ForMessage(left_out.place));
  for (const std::string& kind : left_out.kinds) message.add_kinds(kind);
  message.set_count(left_out.count);
  message.set_risk(left_out.risk);
  message.set_last(left_out.last);
  for (const std::string& line : left_out.sample) message.add_sample(line);
  message.set_all(ForMessage(left_out.all));
}

void Fill(const Receipt& receipt, sekisho::v1::Receipt& message) {
  message.set_release(receipt.release);
  if (receipt.digest) message.set_digest(proto::ToBytes(*receipt.digest));
  message.set_count(receipt.count);
  message.set_enforced(receipt.enforced);
  message.set_not_enforceable(receipt.not_enforceable);
  message.set_read_back(ForMessage(receipt.read_back));
  *message.mutable_at() = proto::ToTimestamp(receipt.at);
  message.set_drift(receipt.drift);
  message.set_ended(receipt.ended);
  for (const LeftOut& part : receipt.left_out) {
    if (static_cast<std::size_t>(message.left_out_size()) == parts_max) break;
    Fill(part, *message.add_left_out());
  }
  for (const std::string& line : receipt.difference) message.add_difference(ForMessage(line));
}

Nack::Device DeviceOf(DeviceState state) {
  switch (state) {
    case DeviceState::unchanged: return Nack::DEVICE_UNCHANGED;
    case DeviceState::changed: return Nack::DEVICE_CHANGED;
    case DeviceState::unknown: return Nack::DEVICE_UNKNOWN;
  }
  return Nack::DEVICE_UNKNOWN;
}

}  // namespace

ExporterMessage ToMessage(const Receipt& receipt) {
  ExporterMessage message;
  Fill(receipt, *message.mutable_receipt());
  return message;
}

ExporterMessage ToMessage(const Answer& answer) {
  ExporterMessage message;
  if (answer.outcome) {
    message.mutable_ack()->set_nonce(answer.nonce);
    Fill(*answer.outcome, *message.mutable_ack()->mutable_receipt());
  } else {
    message.mutable_nack()->set_nonce(answer.nonce);
    message.mutable_nack()->set_device(DeviceOf(answer.outcome.error().device));
    message.mutable_nack()->set_reason(ForMessage(answer.outcome.error().reason));
  }
  return message;
}

}  // namespace exporters
