"""The object types of the sample about people, money and safety."""

from __future__ import annotations

from app.sample.words import Type

T = Type
_ACTIVE = {"status": "ACTIVE"}

PEOPLE = (
    T(
        "Employee",
        "Employees",
        "people",
        "Somebody who works here.",
        "employeeNumber:string! fullName:string!* email:@emailAddress phone:@phoneNumber hired:date address:@postalAddress salary:cipher_text classification:~classification!",
        {**_ACTIVE, "translations": {"ko": {"displayName": "직원"}}},
    ),
    T(
        "Driver",
        "Drivers",
        "people",
        "An employee who drives trains.",
        "driverId:string! employeeNumber:string! licence:string licensedUntil:date",
    ),
    T("Team", "Teams", "people", "Employees who work together.", "teamId:string! name:string* leader:string"),
    T("Shift", "Shifts", "people", "When somebody works.", "shiftId:string! employeeNumber:string! begins:timestamp ends:timestamp"),
    T("Qualification", "Qualifications", "people", "What somebody has learnt.", "qualificationId:string! name:string* validYears:short"),
    T("Training", "Trainings", "people", "A course.", "trainingId:string! title:string* seats:short material:attachment"),
    T(
        "DriverQualification",
        "Driver qualifications",
        "people",
        "Which driver holds which qualification, since when.",
        "recordId:string! driverId:string! qualificationId:string! since:date",
    ),
)
SALES = (
    T(
        "Customer",
        "Customers",
        "sales",
        "Somebody who travels with us.",
        "customerNumber:string! fullName:string!* email:@emailAddress phone:@phoneNumber language:string interests:vector(8)",
        {**_ACTIVE, "visibility": "PROMINENT"},
    ),
    T(
        "Ticket",
        "Tickets",
        "sales",
        "The right to a journey.",
        "ticketId:string! customerNumber:string! amount:~amount! currency:@currencyCode bought:timestamp barcode:cipher_text createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T(
        "Fare",
        "Fares",
        "sales",
        "What a journey costs.",
        "fareId:string! name:~name!* amount:~amount! validFrom:~validFrom! validUntil:~validUntil createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T("Reservation", "Reservations", "sales", "A seat on a trip.", "reservationId:string! tripId:string! ticketId:string! seat:string"),
    T(
        "Subscription",
        "Subscriptions",
        "sales",
        "A ticket that renews itself.",
        "subscriptionId:string! customerNumber:string! renews:date",
    ),
    T(
        "Refund",
        "Refunds",
        "sales",
        "Money back.",
        "refundId:string! ticketId:string! amount:~amount! reason:string createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T(
        "Feedback",
        "Feedback",
        "sales",
        "What customers think.",
        "feedbackId:string! text:string* rating:byte received:timestamp sentiment:float",
    ),
    T(
        "LostItem",
        "Lost items",
        "sales",
        "What somebody left behind.",
        "itemId:string! description:string!* found:timestamp photo:media_reference",
    ),
)
MAINTENANCE = (
    T(
        "WorkOrder",
        "Work orders",
        "maintenance",
        "Something to be repaired or checked.",
        "orderId:string! title:string!* opened:timestamp due:date done:boolean amount:~amount! createdAt:~createdAt updatedAt:~updatedAt",
        {"visibility": "PROMINENT"},
    ),
    T(
        "Inspection",
        "Inspections",
        "maintenance",
        "A look at something, by the rules.",
        "inspectionId:string! title:string* date:date! passed:boolean report:attachment",
    ),
    T(
        "SparePart",
        "Spare parts",
        "maintenance",
        "Something in a warehouse that will be needed.",
        "partNumber:string! name:string* stock:integer price:decimal(10,2) labels:@labels",
    ),
    T("Workshop", "Workshops", "maintenance", "Where vehicles are repaired.", "workshopId:string! name:~name!* location:~location!"),
    T(
        "Defect",
        "Defects",
        "maintenance",
        "Something that is broken.",
        "defectId:string! description:string!* found:timestamp severity:@severity photos:media_reference[]",
    ),
    T(
        "Supplier",
        "Suppliers",
        "maintenance",
        "Who sells us parts.",
        "supplierId:string! name:string!* email:@emailAddress! country:@countryCode",
    ),
)
SAFETY = (
    T(
        "Incident",
        "Incidents",
        "safety",
        "Something that went wrong.",
        "incidentId:string! headline:string!* at:timestamp severity:@severity location:geopoint classification:~classification!",
    ),
    T(
        "Hazard",
        "Hazards",
        "safety",
        "Something that may go wrong.",
        "hazardId:string! title:string* likelihood:@percentage severity:@severity",
    ),
    T("SafetyRule", "Safety rules", "safety", "What must be done, or never.", "ruleId:string! title:string!* text:string"),
    T(
        "Investigation",
        "Investigations",
        "safety",
        "Finding out why.",
        "investigationId:string! title:string* opened:date closed:date findings:string",
    ),
)
FINANCE = (
    T(
        "Invoice",
        "Invoices",
        "finance",
        "A bill.",
        "invoiceNumber:string! amount:~amount! currency:@currencyCode issued:date due:date createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T("CostCentre", "Cost centres", "finance", "Where costs are counted.", "costCentreId:string! name:string* budget:decimal(16,2)"),
    T(
        "Contract",
        "Contracts",
        "finance",
        "A promise on paper.",
        "contractId:string! title:string* supplierId:string! validFrom:~validFrom! validUntil:~validUntil document:attachment",
    ),
    T(
        "LegacyInvoice",
        "Legacy invoices",
        "finance",
        "Bills of the system before.",
        "legacyNumber:long! total:double",
        {
            "status": "DEPRECATED",
            "visibility": "HIDDEN",
            "deprecation": {"message": "The old ledger is read-only.", "deadline": "2027-06-30", "replacedBy": "ref:Invoice"},
        },
    ),
    T("ExampleBudget", "Example budgets", "finance", "For trying things out.", "budgetId:integer! label:string*", {"status": "EXAMPLE"}),
)
