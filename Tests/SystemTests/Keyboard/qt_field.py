"""A window of Qt 5 with a line edit: qt_field.py line|password. Says on standard output what it holds, whenever that changes."""
import json, sys
from PyQt5.QtWidgets import QApplication, QLineEdit


class Field(QLineEdit):
    preedit = ""

    def inputMethodEvent(self, event):
        self.preedit = event.preeditString()
        super().inputMethodEvent(event)
        self.say()

    def say(self):
        print(json.dumps({"text": self.text(), "preedit": self.preedit}), flush=True)


application = QApplication(sys.argv)
field = Field()
field.setWindowTitle("field")
if sys.argv[1] == "password":
    field.setEchoMode(QLineEdit.Password)
field.resize(900, 60)
field.textChanged.connect(lambda _: field.say())
field.show()
field.activateWindow()
field.setFocus()
field.say()
application.exec()
