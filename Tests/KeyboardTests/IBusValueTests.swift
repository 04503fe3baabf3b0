import DuctusInk
import Testing

import DuctusKeyboard

/// What libibus itself makes of the same objects is noted beside.
@Suite struct IBusValueTests {
    @Test func textIsSerializedAsIBusDoes() {
        let value = IBusText("hé", underlined: 1..<2).value.unwrapped
        #expect(value.signature == "(sa{sv}sv)")
        #expect(IBusText.text(in: .variant(value)) == "hé")
        let list = value.elements?.last?.unwrapped
        #expect(list?.signature == "(sa{sv}av)")
        #expect(list?.elements?.last?.elements?.first?.unwrapped.signature == "(sa{sv}uuuu)")
    }

    @Test func tablesAndComponentsHaveTheirTypes() {
        #expect(IBusLookupTable(candidates: ["a"], labels: ["1"]).value.unwrapped.signature == "(sa{sv}uubbiavav)")
        let component = IBusComponent.description(version: "1").unwrapped
        #expect(component.signature == "(sa{sv}ssssssssavav)")
        let engine = component.elements?.last?.elements?.first
        #expect(engine?.unwrapped.signature == "(sa{sv}ssssssssussssssss)")
        #expect(engine.flatMap { IBusComponent.engineName(in: $0) } == "ductus")
    }

    @Test func callsAreRead() throws {
        #expect(
            IBusCall("ProcessKeyEvent", [.uint32(97), .uint32(30), .uint32(8)])
                == .key(Key(symbol: 97, code: 30, state: 8)))
        #expect(IBusCall("ProcessKeyEvent", [.uint32(97)]) == nil)
        #expect(
            IBusCall("SetSurroundingText", [IBusText("ab").value, .uint32(9), .uint32(1)])
                == .surrounding(SurroundingText("ab", cursor: 2, anchor: 1)), "a cursor beyond the end")
        #expect(
            IBusCall(
                "ProcessHandWritingEvent", [.array(of: "d", [.double(0), .double(0.5), .double(1), .double(0.5)])])
                == .stroke(Stroke(points: [(0, 5000), (10_000, 5000)])))
        #expect(IBusCall("ProcessHandWritingEvent", [.array(of: "d", [.double(0)])]) == nil)
        #expect(
            IBusCall(property: "ContentType", .variant(.structure([.uint32(8), .uint32(0)])))
                == .content(FieldContent(purpose: 8)))
        for (program, isCandid) in [
            ("gtk3-im:chromium", false), ("xim", false), ("QIBusInputContext", true), ("gnome-shell", true),
        ] {
            #expect(IBusCall("FocusInId", [.path("/a"), .string(program)]) == .focusIn(.field(isCandid: isCandid)))
        }
        #expect(IBusCall("FocusInId", [.path("/a"), .string("fake")]) == .focusIn(.nobody))
        #expect(IBusCall("FocusInId", [.path("/a"), .string("")]) == .focusIn(.unknown))
        #expect(IBusCall("FocusIn", []) == .focusIn(.unknown), "it may be a field, or none")
        #expect(IBusCall("PropertyActivate", [.string("x"), .uint32(1)]) == .other)
    }

    @Test func displaysAreNamedAsIBusNamesThem() throws {
        let local = try #require(IBusAddress.parts(of: ":0.0"))
        #expect(local.host == "unix" && local.number == "0")
        let remote = try #require(IBusAddress.parts(of: "there:12"))
        #expect(remote.host == "there" && remote.number == "12")
        #expect(IBusAddress.parts(of: "nonsense") == nil)
    }

    @Test func shortcuts() throws {
        let shortcut = try #require(Shortcut("Control+Alt+w"))
        #expect(shortcut.matches(Key(symbol: 0x77, state: Key.control | Key.alt)))
        #expect(!shortcut.matches(Key(symbol: 0x77, state: Key.control)))
        #expect(!shortcut.matches(Key(symbol: 0x57, state: Key.control | Key.alt | Key.shift)))
        #expect(try #require(Shortcut("F9")).matches(Key(symbol: 0xffc6)))
        for text in ["w", "Shift+w", "", "Control+", "Hyper+w", "Control+F13"] {
            #expect(Shortcut(text) == nil, "\(text)")
        }
    }
}
